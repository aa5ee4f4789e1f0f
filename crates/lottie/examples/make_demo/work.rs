//! What does the work: six machines, and the strip of film on which their frames come back.

use serde_json::{Value, json};

use crate::lottie::Pace::{Back, Ease, Hold, Linear, Out};
use crate::lottie::{
    Layer, Place, edges, ellipse, fill, fixed, gradient, group, keys, path, rect, repeat, rgb, stack, stroke,
    trim,
};
use crate::scene::{AMBER, BEAT, FIRST_FRAME, FLIGHT, FRAMES, NIGHT, STEEL, TEAL};

/// Where the machines stand, in the order in which they get work.
pub(crate) const MACHINES: [[f64; 2]; 6] =
    [[165.0, 150.0], [1115.0, 310.0], [165.0, 470.0], [1115.0, 150.0], [165.0, 310.0], [1115.0, 470.0]];

pub(crate) fn start_of(index: usize) -> i32 {
    FIRST_FRAME + index as i32 * BEAT
}

pub(crate) fn machines() -> Vec<Layer> {
    let machine = |(index, [x, y]): (usize, [f64; 2])| {
        let appear = 18 + index as i32 * 3;
        let place = Place {
            at: Some(fixed(vec![x, y])),
            anchor: Some([80.0, 70.0]),
            scale: Some(keys(&[(appear, [0.0, 0.0], Back), (appear + 16, [122.0, 122.0], Hold)])),
            ..Place::default()
        };
        Layer::comp(
            &format!("machine {}", index + 1),
            "machine",
            [160.0, 140.0],
            start_of(index) + FLIGHT,
            &place,
        )
    };
    MACHINES.into_iter().enumerate().map(machine).collect()
}

/// One machine: idle before its frame arrives at 0, busy until 34, then done.
pub(crate) fn machine() -> Value {
    let center = Place::at(80.0, 62.0);
    let lit = |from: i32, to: i32| Some(keys(&[(from, [0.0], Out), (to, [100.0], Hold)]));
    let check = vec![
        edges(false, &[[-15.0, 1.0], [-4.0, 12.0], [16.0, -11.0]]),
        trim(fixed(0), keys(&[(36, [0.0], Ease), (46, [100.0], Hold)])),
        stroke(rgb(NIGHT), 8.0),
    ];
    let spinner = vec![
        ellipse([0.0, 0.0], [40.0, 40.0]),
        trim(keys(&[(0, [0.0], Ease), (34, [70.0], Hold)]), keys(&[(0, [4.0], Ease), (34, [98.0], Hold)])),
        stroke(rgb(AMBER), 6.0),
    ];
    let spin = Place { turn: Some(keys(&[(0, [0.0], Linear), (34, [540.0], Hold)])), ..center.clone() };
    let screen = Place {
        opacity: lit(33, 38),
        scale: Some(keys(&[(33, [70.0, 70.0], Back), (44, [100.0, 100.0], Hold)])),
        ..center.clone()
    };
    let halo = Place {
        scale: Some(keys(&[(34, [70.0, 70.0], Out), (56, [128.0, 128.0], Hold)])),
        opacity: Some(keys(&[(33, [0.0], Hold), (34, [80.0], Linear), (54, [0.0], Hold)])),
        ..center.clone()
    };
    let shapes = |name: &str, place: &Place, items| {
        Layer::shapes(name, place, vec![group(name, &Place::default(), items)])
    };
    let glass =
        gradient(false, [0.0, -36.0], [0.0, 36.0], &[(0.0, rgb(0x7c_f0dc), 1.0), (1.0, rgb(TEAL), 1.0)]);
    let case =
        gradient(false, [0.0, -44.0], [0.0, 44.0], &[(0.0, rgb(0x3b_4180), 1.0), (1.0, rgb(0x24_2855), 1.0)]);
    let layers = vec![
        shapes("check", &center, check).between(36, 1000),
        shapes("spinner", &spin, spinner).between(0, 34),
        shapes("done", &screen, vec![rect([0.0, 0.0], [94.0, 66.0], 9.0), glass]).between(33, 1000),
        shapes("screen", &center, vec![rect([0.0, 0.0], [94.0, 66.0], 9.0), fill(rgb(0x14_1731))])
            .between(-1000, 1000),
        shapes("case", &center, vec![rect([0.0, 0.0], [116.0, 88.0], 15.0), case]).between(-1000, 1000),
        shapes(
            "foot",
            &Place::at(80.0, 116.0),
            vec![rect([0.0, 6.0], [60.0, 8.0], 4.0), rect([0.0, -4.0], [18.0, 20.0], 0.0), fill(rgb(STEEL))],
        )
        .between(-1000, 1000),
        shapes("halo", &halo, vec![rect([0.0, 0.0], [116.0, 88.0], 18.0), stroke(rgb(TEAL), 4.0)])
            .between(33, 56),
    ];
    json!({ "id": "machine", "nm": "Machine", "layers": stack(layers, FRAMES) })
}

/// The strip along the bottom: frames light up as they come back.
pub(crate) fn film() -> Vec<Layer> {
    let mut layers = Vec::new();
    for index in 0..10 {
        let place = Place { anchor: Some([70.0, 35.0]), ..Place::at(70.0 + f64::from(index) * 156.0, 0.0) };
        let start = start_of(0) + FLIGHT + 30 + index * 5;
        layers.push(
            Layer::comp(&format!("frame {}", index + 1), "frame", [140.0, 70.0], start, &place).under("film"),
        );
    }
    let hole = |y: f64| {
        let one =
            group("hole", &Place::default(), vec![rect([0.0, 0.0], [18.0, 11.0], 3.5), fill(rgb(0x2c_3166))]);
        group("holes", &Place::at(10.0, y), vec![one, repeat(40, &Place::at(39.0, 0.0))])
    };
    let band = vec![
        hole(-48.0),
        hole(48.0),
        group(
            "band",
            &Place::default(),
            vec![rect([740.0, 0.0], [1600.0, 124.0], 0.0), fill(rgb(0x0a_0c1c))],
        ),
    ];
    layers.push(Layer::shapes("strip", &Place::default(), band).under("film"));
    let roll = Place {
        at: Some(keys(&[
            (0, [-10.0, 800.0], Out),
            (24, [-22.0, 648.0], Linear),
            (FRAMES, [-178.0, 648.0], Hold),
        ])),
        ..Place::default()
    };
    layers.push(Layer::null("film", &roll));
    layers
}

/// One frame on the strip: dark until 0, then a small sunrise.
pub(crate) fn film_frame() -> Value {
    let window = rect([70.0, 35.0], [140.0, 70.0], 6.0);
    let lit = Place { opacity: Some(keys(&[(0, [0.0], Out), (12, [100.0], Hold)])), ..Place::default() };
    let sun = Place {
        at: Some(keys(&[(0, [70.0, 84.0], Out), (30, [70.0, 40.0], Hold)])),
        opacity: lit.opacity.clone(),
        ..Place::default()
    };
    let hills = path(
        true,
        &[
            [[0.0, 70.0], [0.0, 0.0], [0.0, 0.0]],
            [[0.0, 52.0], [0.0, 0.0], [22.0, -14.0]],
            [[52.0, 50.0], [-16.0, 0.0], [26.0, 0.0]],
            [[100.0, 44.0], [-20.0, 6.0], [16.0, -4.0]],
            [[140.0, 54.0], [-12.0, -10.0], [0.0, 0.0]],
            [[140.0, 70.0], [0.0, 0.0], [0.0, 0.0]],
        ],
    );
    let dusk = gradient(
        false,
        [0.0, 0.0],
        [0.0, 70.0],
        &[(0.0, rgb(0x4a_3f9f), 1.0), (0.6, rgb(0xd9_5f8c), 1.0), (1.0, rgb(AMBER), 1.0)],
    );
    let layers = vec![
        Layer::shapes(
            "hills",
            &lit,
            vec![group("hills", &Place::default(), vec![hills, fill(rgb(0x1d_1b45))])],
        ),
        Layer::shapes(
            "sun",
            &sun,
            vec![group(
                "sun",
                &Place::default(),
                vec![ellipse([0.0, 0.0], [30.0, 30.0]), fill(rgb(0xff_e3a3))],
            )],
        ),
        Layer::shapes("dusk", &lit, vec![group("dusk", &Place::default(), vec![window.clone(), dusk])]),
        Layer::shapes(
            "dark",
            &Place::default(),
            vec![group("dark", &Place::default(), vec![window, fill(rgb(0x1a_1d3c))])],
        ),
    ];
    let layers = layers.into_iter().map(|layer| layer.between(-1000, 1000)).collect();
    json!({ "id": "frame", "nm": "Frame", "layers": stack(layers, FRAMES) })
}
