//! Path modifiers: trims and rounded corners.

use vello_cpu::kurbo::{
    BezPath, CubicBez, Line, ParamCurve, ParamCurveArclen, PathEl, PathSeg, Point, QuadBez,
};

const ACCURACY: f64 = 0.05;
const QUARTER: f64 = 0.5519;

/// Which part of a path a trim leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Whole,
    Nothing,
    /// From the first share of the length to the second; the second may exceed 1, going round.
    Between(f64, f64),
}

impl Part {
    /// From the numbers of a trim: percents and degrees.
    pub(crate) fn new(start: f64, end: f64, offset: f64) -> Self {
        let (start, end) = ((start / 100.0).clamp(0.0, 1.0), (end / 100.0).clamp(0.0, 1.0));
        let (start, end) = if start <= end { (start, end) } else { (end, start) };
        if end - start >= 1.0 - 1e-9 {
            return Self::Whole;
        }
        if end - start <= 1e-9 {
            return Self::Nothing;
        }
        let turn = (start + offset / 360.0).rem_euclid(1.0);
        Self::Between(turn, turn + (end - start))
    }
}

/// One unbroken run of segments.
struct Contour {
    segments: Vec<PathSeg>,
    closed: bool,
}

fn contours(path: &BezPath) -> Vec<Contour> {
    let mut list: Vec<Contour> = Vec::new();
    let (mut first, mut at) = (Point::ZERO, Point::ZERO);
    for element in path.elements() {
        let segment = match *element {
            PathEl::MoveTo(point) => {
                (first, at) = (point, point);
                list.push(Contour { segments: Vec::new(), closed: false });
                continue;
            }
            PathEl::LineTo(to) => PathSeg::Line(Line::new(at, to)),
            PathEl::QuadTo(control, to) => PathSeg::Quad(QuadBez::new(at, control, to)),
            PathEl::CurveTo(a, b, to) => PathSeg::Cubic(CubicBez::new(at, a, b, to)),
            PathEl::ClosePath => PathSeg::Line(Line::new(at, first)),
        };
        at = segment.end();
        let Some(contour) = list.last_mut() else { continue };
        let closes = matches!(element, PathEl::ClosePath);
        contour.closed |= closes;
        if !closes || segment.start() != segment.end() {
            contour.segments.push(segment);
        }
    }
    list.retain(|contour| !contour.segments.is_empty());
    list
}

/// Where a path hardly moves: a pen with round or square ends leaves a dot there.
pub(crate) fn dots(path: &BezPath, reach: f64) -> Vec<Point> {
    let dot = |contour: Contour| {
        let length: f64 = contour.segments.iter().map(|segment| segment.arclen(reach)).sum();
        let at = contour.segments.first()?.start();
        (length <= reach).then_some(at)
    };
    contours(path).into_iter().filter_map(dot).collect()
}

/// The length of a path.
pub(crate) fn length(path: &BezPath) -> f64 {
    path.segments().map(|segment| segment.arclen(ACCURACY)).sum()
}

/// Cuts a path down to a part of its length.
pub(crate) fn trim(path: &BezPath, part: Part) -> BezPath {
    let (start, end) = match part {
        Part::Whole => return path.clone(),
        Part::Nothing => return BezPath::new(),
        Part::Between(start, end) => (start, end),
    };
    let contours = contours(path);
    let total: f64 = contours.iter().flat_map(|contour| &contour.segments).map(|s| s.arclen(ACCURACY)).sum();
    let mut out = BezPath::new();
    if total <= 0.0 {
        return out;
    }
    let single_ring = contours.len() == 1 && contours.iter().all(|contour| contour.closed);
    cut(&contours, start * total, end.min(1.0) * total, false, &mut out);
    if end > 1.0 {
        // On a ring the line runs on through its start without a cap.
        cut(&contours, 0.0, (end - 1.0) * total, single_ring, &mut out);
    }
    out
}

/// Appends what lies between two lengths along all contours.
fn cut(contours: &[Contour], start: f64, end: f64, joined: bool, out: &mut BezPath) {
    let mut before = 0.0;
    for contour in contours {
        let mut pen_down = joined && !out.is_empty();
        for segment in &contour.segments {
            let length = segment.arclen(ACCURACY);
            let (low, high) = ((start - before).max(0.0), (end - before).min(length));
            before += length;
            if high - low <= 1e-9 {
                continue;
            }
            let from = if low <= 0.0 { 0.0 } else { segment.inv_arclen(low, ACCURACY) };
            let to = if high >= length { 1.0 } else { segment.inv_arclen(high, ACCURACY) };
            let piece = segment.subsegment(from..to);
            if !pen_down {
                out.move_to(piece.start());
                pen_down = true;
            }
            out.push(piece.as_path_el());
        }
    }
}

/// Rounds the corners between straight edges.
pub(crate) fn round_corners(path: &BezPath, radius: f64) -> BezPath {
    if radius <= 0.0 {
        return path.clone();
    }
    let mut out = BezPath::new();
    for contour in contours(path) {
        round_contour(&contour, radius, &mut out);
    }
    out
}

fn round_contour(contour: &Contour, radius: f64, out: &mut BezPath) {
    let count = contour.segments.len();
    // How much of an edge the corner at its end, or start, takes away.
    let straight = |index: usize| match contour.segments.get(index) {
        Some(PathSeg::Line(line)) => Some(*line),
        _ => None,
    };
    let corner_after = |index: usize| {
        let next = if index + 1 < count { index + 1 } else { 0 };
        if next == 0 && !contour.closed {
            return None;
        }
        let (before, after) = (straight(index)?, straight(next)?);
        let room = |length: f64| if length > 0.0 { (length / 2.0).min(radius) / length } else { 0.0 };
        let (a, b) = (before.p1.distance(before.p0), after.p1.distance(after.p0));
        Some((before.p1.lerp(before.p0, room(a)), before.p1, after.p0.lerp(after.p1, room(b))))
    };
    let mut start = contour.segments.first().map_or(Point::ZERO, PathSeg::start);
    if let Some((_, _, leave)) = count.checked_sub(1).and_then(corner_after).filter(|_| contour.closed) {
        start = leave;
    }
    out.move_to(start);
    for (index, segment) in contour.segments.iter().enumerate() {
        match corner_after(index) {
            Some((arrive, corner, leave)) => {
                out.line_to(arrive);
                out.curve_to(arrive.lerp(corner, QUARTER), leave.lerp(corner, QUARTER), leave);
            }
            None => out.push(segment.as_path_el()),
        }
    }
    if contour.closed {
        out.close_path();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> BezPath {
        BezPath::from_svg("M0 0 L10 0 L10 10 L0 10 Z").unwrap()
    }

    #[test]
    fn a_trim_keeps_its_share_of_the_length() {
        for (start, end, offset, share) in [
            (0.0, 100.0, 70.0, 1.0),
            (20.0, 45.0, 0.0, 0.25),
            (60.0, 10.0, 90.0, 0.5),
            (30.0, 30.0, 0.0, 0.0),
        ] {
            let kept = trim(&square(), Part::new(start, end, offset));
            assert!((length(&kept) - 40.0 * share).abs() < 1e-6, "{start} to {end} by {offset}");
        }
    }

    #[test]
    fn a_trim_round_the_start_of_a_ring_is_one_line() {
        let kept = trim(&square(), Part::new(0.0, 50.0, 270.0));
        let starts = kept.elements().iter().filter(|element| matches!(element, PathEl::MoveTo(_))).count();
        assert_eq!(starts, 1);
    }

    #[test]
    fn rounding_keeps_a_square_inside_itself_and_cuts_its_corners() {
        use vello_cpu::kurbo::Shape;
        let round = round_corners(&square(), 3.0);
        assert_eq!(round.bounding_box(), square().bounding_box());
        assert!(!round.contains(Point::new(0.3, 0.3)));
        assert!(round.contains(Point::new(5.0, 0.3)));
    }

    #[test]
    fn a_path_that_stays_is_a_dot() {
        let path = BezPath::from_svg("M4 5 L4 5 M0 0 L9 0").unwrap();
        assert_eq!(dots(&path, 0.01), [Point::new(4.0, 5.0)]);
    }
}
