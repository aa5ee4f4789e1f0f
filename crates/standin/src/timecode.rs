//! Frames as After Effects shows them: timecodes with and without dropped numbers, plain frames, feet. It only
//! writes them.

use crate::story::TimeDisplay;

/// How the frames of a composition are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// Frames a second.
    pub(crate) rate: f64,
    /// Numbers are dropped, as 29.97 and 59.94 need it to keep to the clock.
    pub(crate) drop: bool,
    pub(crate) display: TimeDisplay,
}

impl Count {
    /// Whole numbers that one second of timecode has.
    fn base(self) -> i64 {
        let base = self.rate.round();
        // A rate is a few hundred at most.
        #[allow(clippy::cast_possible_truncation)]
        let whole = base as i64;
        whole.max(1)
    }

    /// A frame as it is shown: `frame` is counted from the timecode's zero, `number` from the display's.
    pub(crate) fn show(self, frame: i64, number: i64) -> String {
        match self.display {
            TimeDisplay::Timecode => self.timecode(frame),
            TimeDisplay::Frames => format!("{number:05}"),
            TimeDisplay::Feet => {
                let sign = if number < 0 { "-" } else { "" };
                let number = number.abs();
                format!("{sign}{:04}+{:02}", number / 16, number % 16)
            }
        }
    }

    /// How long so many frames are.
    pub(crate) fn show_length(self, frames: i64) -> String {
        self.show(frames, frames)
    }

    fn timecode(self, frame: i64) -> String {
        let base = self.base();
        let sign = if frame < 0 { "-" } else { "" };
        let shown = if self.drop { with_dropped(frame.abs(), base) } else { frame.abs() };
        let point = if self.drop { ';' } else { ':' };
        let seconds = shown / base;
        let (h, m, s, f) = (seconds / 3600, seconds / 60 % 60, seconds % 60, shown % base);
        format!("{sign}{h}{point}{m:02}{point}{s:02}{point}{f:02}")
    }

    /// The rate as the log says it.
    pub(crate) fn show_rate(self, decimal: char) -> String {
        let hundredths = self.rate * 100.0;
        let exact = (hundredths - hundredths.round()).abs() < 1e-6;
        let text = if exact { format!("{:.2}", self.rate) } else { format!("{:.3}", self.rate) };
        text.replace('.', &decimal.to_string())
    }
}

/// The number that the timecode shows: each minute but every tenth leaves out its first two (of 30).
fn with_dropped(frame: i64, base: i64) -> i64 {
    let dropped = base / 15;
    let minute = base * 60 - dropped;
    let ten_minutes = minute * 10 + dropped;
    let (tens, rest) = (frame / ten_minutes, frame % ten_minutes);
    let minutes = if rest < dropped { 0 } else { (rest - dropped) / minute };
    frame + dropped * (9 * tens + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(rate: f64, drop: bool) -> Count {
        Count { rate, drop, display: TimeDisplay::Timecode }
    }

    #[test]
    fn seconds_roll_over_at_the_rate() {
        assert_eq!(count(24.0, false).show(200, 0), "0:00:08:08");
        assert_eq!(count(29.97, false).show(1800, 0), "0:01:00:00");
        assert_eq!(count(25.0, false).show(-3, 0), "-0:00:00:03");
    }

    #[test]
    fn drop_frame_leaves_out_two_numbers_a_minute_but_not_each_tenth() {
        let ntsc = count(29.97, true);
        assert_eq!(ntsc.show(1799, 0), "0;00;59;29");
        assert_eq!(ntsc.show(1800, 0), "0;01;00;02");
        assert_eq!(ntsc.show(17_982, 0), "0;10;00;00");
        assert_eq!(count(59.94, true).show(3600, 0), "0;01;00;04");
    }

    #[test]
    fn rates_have_two_or_three_decimals() {
        assert_eq!(count(24.0, false).show_rate('.'), "24.00");
        assert_eq!(count(23.976, false).show_rate(','), "23,976");
        assert_eq!(count(29.97, false).show_rate('.'), "29.97");
    }

    #[test]
    fn feet_have_sixteen_frames() {
        let feet = Count { rate: 24.0, drop: false, display: TimeDisplay::Feet };
        assert_eq!(feet.show(0, 35), "0002+03");
    }
}
