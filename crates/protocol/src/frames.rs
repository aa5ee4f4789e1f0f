//! Frame sets on the wire: runs of consecutive frames.

use callsheet_model::{FrameSet, limits};

use crate::field::FieldError;
use crate::v1::FrameRange;

/// The runs of a set.
#[must_use]
pub fn ranges_to_wire(frames: &FrameSet) -> Vec<FrameRange> {
    frames.ranges().map(|run| FrameRange { first: *run.start(), last: *run.end() }).collect()
}

/// A set from its runs.
///
/// # Errors
/// A run that ends before it begins or is out of bounds, or more frames than a step may have.
pub fn ranges_from_wire(field: &str, ranges: &[FrameRange]) -> Result<FrameSet, FieldError> {
    let max = limits::MAX_FRAME_NUMBER;
    if ranges.len() > limits::MAX_RUNS {
        return Err(FieldError::new(field, format!("{} runs, at most {}", ranges.len(), limits::MAX_RUNS)));
    }
    for FrameRange { first, last } in ranges {
        if last < first {
            return Err(FieldError::new(field, format!("{first} to {last} ends before it begins")));
        }
        if *first < -max || *last > max {
            return Err(FieldError::new(
                field,
                format!("{first} to {last} is out of bounds: -{max} to {max}"),
            ));
        }
    }
    // Bounded by the range of frame numbers, since runs are merged.
    let set: FrameSet = ranges.iter().map(|run| run.first..=run.last).collect();
    if set.len() > limits::MAX_FRAMES {
        return Err(FieldError::new(field, format!("{} frames, at most {}", set.len(), limits::MAX_FRAMES)));
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_back_as_it_was() {
        let set: FrameSet = "-5--1,3,10-20x2".parse().unwrap();
        assert_eq!(ranges_from_wire("frames", &ranges_to_wire(&set)), Ok(set));
    }

    #[test]
    fn a_wrong_run_is_named() {
        let read =
            |first, last| ranges_from_wire("frames", &[FrameRange { first, last }]).unwrap_err().to_string();
        assert_eq!(read(5, 1), "frames: 5 to 1 ends before it begins");
        assert!(read(i32::MIN, i32::MAX).contains("out of bounds"));
        assert!(read(0, 90_000_000).contains("at most 10000000"));
    }
}
