//! Windows of the calendar: when they are open, and when that changes.
//!
//! A window is open from each moment of its cron expression for as long as it lasts, and on its holidays from one
//! local midnight to the next. Openings that touch are one. Clocks that are put forward skip nothing: an opening
//! that falls into the missing hour begins when that hour would have ended.

use std::str::FromStr;

use callsheet_config::PauseWindow;
use callsheet_model::Timestamp;
use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// Openings that follow each other without a gap are joined up to so many; a window that is open for longer is
/// looked at again then.
const MOST_JOINED: usize = 1000;

/// A window, understood.
#[derive(Clone, Debug)]
pub struct Calendar {
    cron: Option<Cron>,
    lasts: TimeDelta,
    holidays: Vec<NaiveDate>,
    zone: Tz,
}

/// A window that says nothing that could be understood. The config's reader refuses such, too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pause {window}: {key}: found {found:?}, which cannot be understood")]
pub struct CalendarError {
    /// Its name.
    pub window: String,
    /// Which of its keys.
    pub key: &'static str,
    /// What stands there.
    pub found: String,
}

impl Calendar {
    /// Reads a window.
    ///
    /// # Errors
    /// `CalendarError` names the key.
    pub fn of(window: &PauseWindow) -> Result<Self, CalendarError> {
        let wrong =
            |key, found: &str| CalendarError { window: window.name.clone(), key, found: found.to_owned() };
        let cron = window.cron.as_deref();
        let days = window.holidays.iter().map(|day| day.parse().map_err(|_| wrong("holidays", day)));
        Ok(Self {
            cron: cron.map(|text| Cron::from_str(text).map_err(|_| wrong("cron", text))).transpose()?,
            lasts: TimeDelta::from_std(window.lasts).map_err(|_| wrong("lasts", "too long"))?,
            holidays: days.collect::<Result<_, _>>()?,
            zone: window.time_zone.parse().map_err(|_| wrong("time_zone", &window.time_zone))?,
        })
    }

    /// Until when it is open, if it is open now.
    #[must_use]
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        let now = self.local(now)?;
        let mut until = self.end_of_opening_at(&now)?;
        for _ in 0..MOST_JOINED {
            match self.end_of_opening_at(&until) {
                Some(later) if later > until => until = later,
                _ => break,
            }
        }
        stamp(&until)
    }

    /// When it opens next, if it is closed now, or closes, if it is open.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.open_until(now).or_else(|| {
            let here = self.local(now)?;
            let by_cron = self.cron.as_ref().and_then(|cron| cron.find_next_occurrence(&here, false).ok());
            let by_day =
                self.holidays.iter().filter_map(|day| self.midnight(*day)).filter(|start| *start > here);
            by_cron.into_iter().chain(by_day).min().and_then(|start| stamp(&start))
        })
    }

    /// The latest end of all openings that hold a moment.
    fn end_of_opening_at(&self, moment: &DateTime<Tz>) -> Option<DateTime<Tz>> {
        let by_cron = self.cron.as_ref().and_then(|cron| {
            // All openings are equally long: the last to begin is the last to end.
            let start = cron.find_previous_occurrence(moment, true).ok()?;
            let end = start.checked_add_signed(self.lasts)?;
            (end > *moment).then_some(end)
        });
        let by_day = self.holidays.iter().filter_map(|day| {
            let (start, end) = (self.midnight(*day)?, self.midnight(day.checked_add_days(Days::new(1))?)?);
            (start <= *moment && *moment < end).then_some(end)
        });
        by_cron.into_iter().chain(by_day).max()
    }

    fn local(&self, now: Timestamp) -> Option<DateTime<Tz>> {
        let millis = i64::try_from(now.0).ok()?;
        Some(DateTime::<Utc>::from_timestamp_millis(millis)?.with_timezone(&self.zone))
    }

    /// The first moment of a local day. Where midnight is skipped, it is the first moment after it.
    fn midnight(&self, day: NaiveDate) -> Option<DateTime<Tz>> {
        let midnight: NaiveDateTime = day.and_hms_opt(0, 0, 0)?;
        (0..=16).find_map(|quarters| {
            let local = midnight.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
            match self.zone.from_local_datetime(&local) {
                LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment),
                LocalResult::None => None,
            }
        })
    }
}

fn stamp(moment: &DateTime<Tz>) -> Option<Timestamp> {
    // Cron expressions are exact to the second, so a window never ends between two milliseconds.
    u64::try_from(moment.timestamp_millis()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use callsheet_model::{PauseScope, Running};
    use proptest::prelude::*;

    use super::*;

    fn window(cron: Option<&str>, hours: u64, zone: &str, holidays: &[&str]) -> Calendar {
        let window = PauseWindow {
            name: "w".to_owned(),
            scope: PauseScope::Cluster,
            reason: String::new(),
            cron: cron.map(str::to_owned),
            lasts: Duration::from_secs(hours * 3600),
            holidays: holidays.iter().map(|&day| day.to_owned()).collect(),
            time_zone: zone.to_owned(),
            running: Running::Finish,
        };
        Calendar::of(&window).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        let moment: DateTime<Utc> = text.parse().unwrap();
        Timestamp(moment.timestamp_millis().try_into().unwrap())
    }

    fn shown(moment: Option<Timestamp>) -> String {
        moment.map_or("never".to_owned(), |moment| moment.to_string().replace(".000Z", "Z"))
    }

    #[test]
    fn office_hours_are_open_from_nine_to_seven_in_local_time() {
        let hours = window(Some("0 9 * * MON-FRI"), 10, "Europe/Berlin", &[]);
        // A Friday in winter: nine in Berlin is eight in UTC.
        assert_eq!(shown(hours.open_until(at("2026-11-20T07:59:59Z"))), "never");
        assert_eq!(shown(hours.next_change(at("2026-11-20T07:59:59Z"))), "2026-11-20T08:00:00Z");
        assert_eq!(shown(hours.open_until(at("2026-11-20T08:00:00Z"))), "2026-11-20T18:00:00Z");
        assert_eq!(shown(hours.open_until(at("2026-11-20T18:00:00Z"))), "never");
        // Then comes the weekend; and in summer nine is seven.
        assert_eq!(shown(hours.next_change(at("2026-11-20T18:00:00Z"))), "2026-11-23T08:00:00Z");
        assert_eq!(shown(hours.open_until(at("2026-07-01T07:00:00Z"))), "2026-07-01T17:00:00Z");
    }

    #[test]
    fn an_opening_in_the_hour_that_is_skipped_still_opens() {
        // In Berlin 02:00 to 03:00 does not exist on 2026-03-29, in New York on 2026-03-08.
        for (zone, eve, skipped) in [
            ("Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29T01:00:00Z"),
            ("America/New_York", "2026-03-08T05:30:00Z", "2026-03-08T07:00:00Z"),
        ] {
            let night = window(Some("30 2 * * *"), 1, zone, &[]);
            let opens = night.next_change(at(eve)).unwrap();
            assert!(
                opens >= at(skipped) && opens <= at(skipped).plus(Duration::from_secs(1800)),
                "{zone} {opens}"
            );
            assert!(night.open_until(opens).is_some(), "{zone}");
        }
    }

    #[test]
    fn an_opening_takes_as_long_as_it_says_however_clocks_are_put() {
        // From Saturday 22:00 for eight hours, over the hour that Berlin has twice.
        let night = window(Some("0 22 * * SAT"), 8, "Europe/Berlin", &[]);
        assert_eq!(shown(night.open_until(at("2026-10-24T20:00:00Z"))), "2026-10-25T04:00:00Z");
        assert_eq!(shown(night.open_until(at("2026-10-25T03:59:59Z"))), "2026-10-25T04:00:00Z");
    }

    #[test]
    fn a_holiday_is_a_whole_local_day_even_one_of_25_hours() {
        let days = window(None, 0, "Europe/Berlin", &["2026-10-25", "2026-12-24", "2026-12-25"]);
        assert_eq!(shown(days.open_until(at("2026-10-24T22:00:00Z"))), "2026-10-25T23:00:00Z");
        assert_eq!(shown(days.open_until(at("2026-10-25T23:00:00Z"))), "never");
        assert_eq!(shown(days.open_until(at("2026-12-24T12:00:00Z"))), "2026-12-25T23:00:00Z");
        assert_eq!(shown(days.next_change(at("2027-01-01T00:00:00Z"))), "never");
    }

    #[test]
    fn a_day_without_a_midnight_begins_after_it() {
        // In Beirut clocks go from 00:00 to 01:00.
        let days = window(None, 0, "Asia/Beirut", &["2026-03-29"]);
        assert_eq!(shown(days.next_change(at("2026-03-28T12:00:00Z"))), "2026-03-28T22:00:00Z");
        assert_eq!(shown(days.open_until(at("2026-03-28T22:00:00Z"))), "2026-03-29T21:00:00Z");
    }

    #[test]
    fn openings_that_touch_are_one() {
        let hours = window(Some("0 * * * *"), 1, "UTC", &[]);
        let now = at("2026-11-20T07:30:00Z");
        assert!(hours.open_until(now).unwrap() > now.plus(Duration::from_secs(30 * 24 * 3600)));
        let with_holiday = window(Some("0 18 * * *"), 6, "UTC", &["2026-11-21"]);
        assert_eq!(shown(with_holiday.open_until(at("2026-11-20T20:00:00Z"))), "2026-11-22T00:00:00Z");
    }

    /// Around each putting of clocks, minute by minute, whatever the expression.
    #[test]
    fn around_each_putting_of_clocks_changes_and_states_agree() {
        let nights = [
            ("Europe/Berlin", "2026-03-28T20:00:00Z"),
            ("Europe/Berlin", "2026-10-24T20:00:00Z"),
            ("America/New_York", "2026-03-08T02:00:00Z"),
            ("America/New_York", "2026-11-01T01:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T10:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-03T10:00:00Z"),
        ];
        // Each with the minutes that it lasts.
        let openings = [
            ("30 2 * * *", 60),
            ("0 2 * * *", 30),
            ("15 1 * * *", 90),
            ("0 3 * * *", 1),
            ("59 1 * * *", 61),
            ("*/20 * * * *", 10),
            ("0 */2 * * *", 60),
            ("30 1-3 * * *", 20),
            ("0 30 2 * * *", 240),
        ];
        for (zone, begin) in nights {
            for (cron, minutes) in openings {
                agrees_from(&minutely(cron, minutes, zone), at(begin), &format!("{zone} {cron} {minutes}"));
            }
        }
    }

    fn minutely(cron: &str, minutes: u64, zone: &str) -> Calendar {
        Calendar { lasts: TimeDelta::minutes(minutes as i64), ..window(Some(cron), 1, zone, &[]) }
    }

    /// What is said to be the next change is where the state really changes, for ten hours.
    fn agrees_from(calendar: &Calendar, begin: Timestamp, of: &str) {
        let minute = |nth: u64| begin.plus(Duration::from_secs(60 * nth));
        for nth in 0..600 {
            let (now, next) = (minute(nth), minute(nth + 1));
            let (before, after) = (calendar.open_until(now), calendar.open_until(next));
            assert!(before.is_none_or(|until| until > now), "{of} {now}");
            if before.is_some() != after.is_some() {
                let change = calendar.next_change(now);
                assert_eq!(change, Some(next), "{of}: at {now}");
            } else if before.is_none() {
                assert!(calendar.next_change(now).is_none_or(|change| change > next), "{of}: at {now}");
            } else {
                assert_eq!(before.map(|until| until > next), Some(true), "{of}: at {now}");
            }
        }
    }

    proptest! {
        #[test]
        fn after_each_change_it_is_the_other_way_round(
            start in 1_700_000_000_000_u64..1_900_000_000_000,
            hour in 0..24_u32, lasts in 1..20_u64, day in 0..7_u32, zone in 0..4_usize,
        ) {
            let zone = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"][zone];
            let calendar = window(Some(&format!("0 {hour} * * {day}")), lasts, zone, &[]);
            let mut now = Timestamp(start);
            for _ in 0..6 {
                let open = calendar.open_until(now).is_some();
                let change = calendar.next_change(now).unwrap();
                prop_assert!(change > now);
                prop_assert_eq!(calendar.open_until(Timestamp(change.0 - 1)).is_some(), open);
                prop_assert_eq!(calendar.open_until(change).is_some(), !open);
                now = change;
            }
        }
    }
}
