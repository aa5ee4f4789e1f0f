//! The scene: a clapperboard snaps, frames fly out to six machines, and light up on a strip of film.

use serde_json::{Value, json};

use crate::letters;
use crate::lottie::Pace::{Back, Ease, Hold, In, Linear, Out};
use crate::lottie::{
    Layer, Place, Rgb, bezier, dashed, edges, ellipse, fill, fixed, gradient, group, keys, path, rect,
    repeat, rgb, see_through, stack, stroke, travel, trim,
};
use crate::work::{MACHINES, film, film_frame, machine, machines, start_of};

pub(crate) const FRAMES: i32 = 180;
/// When the board snaps shut.
const CLAP: i32 = 52;
/// When the first frame flies out, and how long until the next one.
pub(crate) const FIRST_FRAME: i32 = 74;
pub(crate) const BEAT: i32 = 7;
/// How long a frame flies.
pub(crate) const FLIGHT: i32 = 16;
const BOARD: [f64; 2] = [640.0, 370.0];

pub(crate) const NIGHT: u32 = 0x0b_0d1f;
const CREAM: u32 = 0xff_f3dc;
pub(crate) const AMBER: u32 = 0xff_b648;
const CORAL: u32 = 0xff_6a5c;
pub(crate) const TEAL: u32 = 0x3f_dcc4;
pub(crate) const STEEL: u32 = 0x5a_6299;

/// The whole animation.
pub(crate) fn animation() -> Value {
    let mut layers = title();
    layers.extend(board());
    layers.extend(burst());
    layers.extend(flying_frames());
    layers.extend(machines());
    layers.extend(film());
    layers.extend(stage());
    json!({
        "v": "5.9.0", "nm": "Callsheet", "fr": 30, "ip": 0, "op": FRAMES, "w": 1280, "h": 720, "ddd": 0,
        "assets": [machine(), film_frame()],
        "layers": stack(layers, FRAMES),
    })
}

fn stage() -> Vec<Layer> {
    let beam = |name: &str, x: f64, from: f64, to: f64, color: Rgb, start: i32| {
        let cone = edges(true, &[[-16.0, 0.0], [16.0, 0.0], [190.0, 760.0], [-190.0, 760.0]]);
        let light = gradient(
            false,
            [0.0, 0.0],
            [0.0, 720.0],
            &[(0.0, color, 0.5), (0.55, color, 0.16), (1.0, color, 0.0)],
        );
        let place = Place {
            at: Some(fixed(vec![x, -14.0])),
            turn: Some(keys(&[
                (start, [from], Ease),
                (start + 34, [to], Ease),
                (120, [to + (from - to) * 0.18], Ease),
                (FRAMES, [to], Ease),
            ])),
            opacity: Some(keys(&[
                (start, [0.0], Hold),
                (start + 2, [90.0], Hold),
                (start + 4, [30.0], Out),
                (start + 9, [100.0], Hold),
            ])),
            ..Place::default()
        };
        Layer::shapes(name, &place, vec![group("beam", &Place::default(), vec![cone, light])])
    };
    let glow = gradient(
        true,
        [0.0, 0.0],
        [520.0, 0.0],
        &[(0.0, rgb(AMBER), 0.34), (0.5, rgb(CORAL), 0.1), (1.0, rgb(CORAL), 0.0)],
    );
    let floor = Place {
        at: Some(fixed(vec![640.0, 566.0])),
        scale: Some(keys(&[
            (10, [60.0, 8.0], Out),
            (40, [100.0, 14.0], Ease),
            (CLAP, [100.0, 14.0], Out),
            (CLAP + 4, [125.0, 18.0], Ease),
            (CLAP + 20, [104.0, 14.0], Ease),
        ])),
        opacity: Some(keys(&[(6, [0.0], Out), (30, [100.0], Hold)])),
        ..Place::default()
    };
    let sky = gradient(
        true,
        [640.0, 300.0],
        [640.0, 1080.0],
        &[(0.0, rgb(0x31_3680), 1.0), (0.45, rgb(0x1a_1d4a), 1.0), (1.0, rgb(NIGHT), 1.0)],
    );
    vec![
        beam("left light", 250.0, 12.0, -27.0, rgb(0xff_e2a8), 0),
        beam("right light", 1030.0, -12.0, 27.0, rgb(0xa9_c8ff), 5),
        Layer::shapes(
            "floor",
            &floor,
            vec![group("glow", &Place::default(), vec![ellipse([0.0, 0.0], [1040.0, 1040.0]), glow])],
        ),
        Layer::shapes(
            "night",
            &Place::default(),
            vec![group("sky", &Place::default(), vec![rect([640.0, 360.0], [1280.0, 720.0], 0.0), sky])],
        ),
    ]
}

/// Slanted stripes across a bar, as on every clapperboard.
fn stripes(width: f64) -> Vec<Value> {
    let stripe = edges(true, &[[0.0, 0.0], [40.0, 0.0], [12.0, 52.0], [-28.0, 52.0]]);
    let step = Place::at(80.0, 0.0);
    let all =
        vec![group("stripe", &Place::at(10.0, 0.0), vec![stripe, fill(rgb(0x1b_1e38))]), repeat(8, &step)];
    vec![
        group("stripes", &Place::default(), all),
        group(
            "bar",
            &Place::default(),
            vec![rect([width / 2.0, 26.0], [width, 52.0], 0.0), fill(rgb(CREAM))],
        ),
    ]
}

fn bar_outline(width: f64) -> Value {
    let r = 9.0;
    let k = r * 0.55;
    let corner = |x: f64, y: f64, into: [f64; 2], out: [f64; 2]| [[x, y], into, out];
    let (w, h, o) = (width, 52.0, [0.0, 0.0]);
    bezier(
        true,
        &[
            corner(r, 0.0, [-k, 0.0], o),
            corner(w - r, 0.0, o, [k, 0.0]),
            corner(w, r, [0.0, -k], o),
            corner(w, h - r, o, [0.0, k]),
            corner(w - r, h, [k, 0.0], o),
            corner(r, h, o, [-k, 0.0]),
            corner(0.0, h - r, [0.0, k], o),
            corner(0.0, r, o, [0.0, -k]),
        ],
    )
}

fn board() -> Vec<Layer> {
    let [x, y] = BOARD;
    let drop = Place {
        at: Some(keys(&[
            (12, [x, y - 560.0], Back),
            (36, [x, y], Hold),
            (CLAP, [x, y], Out),
            (CLAP + 3, [x, y + 9.0], Ease),
            (CLAP + 12, [x, y], Hold),
        ])),
        turn: Some(keys(&[
            (12, [-16.0], Back),
            (38, [-2.0], Ease),
            (CLAP, [-2.0], Out),
            (CLAP + 3, [1.2], Ease),
            (CLAP + 14, [0.0], Hold),
        ])),
        scale: Some(fixed(vec![115.0, 115.0])),
        ..Place::default()
    };
    let arm = Place {
        at: Some(fixed(vec![-222.0, -112.0])),
        anchor: Some([8.0, 44.0]),
        turn: Some(keys(&[
            (30, [0.0], Ease),
            (44, [-24.0], Ease),
            (CLAP - 4, [-26.0], In),
            (CLAP, [0.0], Out),
            (CLAP + 3, [-4.0], In),
            (CLAP + 6, [0.0], Hold),
        ])),
        ..Place::default()
    };
    let slate = gradient(
        false,
        [0.0, -100.0],
        [0.0, 150.0],
        &[(0.0, rgb(0x2b_3060), 1.0), (1.0, rgb(0x17_1a36), 1.0)],
    );
    let hinge = vec![
        group("pin", &Place::default(), vec![ellipse([0.0, 0.0], [9.0, 9.0]), fill(rgb(0x1b_1e38))]),
        group("plate", &Place::default(), vec![ellipse([0.0, 0.0], [24.0, 24.0]), fill(rgb(AMBER))]),
    ];
    let mut shadow = Place::at(0.0, 30.0);
    shadow.scale = Some(fixed(vec![104.0, 104.0]));
    vec![
        Layer::shapes("hinge", &Place::at(-222.0, -112.0), hinge).under("board"),
        Layer::shapes("arm", &arm, stripes(460.0)).masked(bar_outline(460.0)).under("board"),
        Layer::shapes("lower bar", &Place::at(-230.0, -106.0), stripes(460.0))
            .masked(bar_outline(460.0))
            .under("board"),
        Layer::shapes(
            "slate",
            &Place::default(),
            vec![
                group(
                    "edge",
                    &Place::default(),
                    vec![rect([0.0, 14.0], [460.0, 250.0], 16.0), stroke(rgb(CREAM), 4.0)],
                ),
                group("face", &Place::default(), vec![rect([0.0, 14.0], [460.0, 250.0], 16.0), slate]),
                group(
                    "shadow",
                    &shadow,
                    vec![rect([0.0, 14.0], [460.0, 250.0], 24.0), see_through(rgb(NIGHT), 40.0)],
                ),
            ],
        )
        .under("board"),
        Layer::null("board", &drop),
    ]
}

/// The name, written stroke by stroke, and lines of the sheet below it.
fn title() -> Vec<Layer> {
    let mut items = Vec::new();
    for (index, letter) in "CALLSHEET".chars().enumerate() {
        let start = CLAP + 6 + index as i32 * 3;
        let mut strokes = letters::strokes(letter);
        strokes.push(trim(fixed(0), keys(&[(start, [0.0], Ease), (start + 15, [100.0], Hold)])));
        strokes.push(stroke(rgb(CREAM), 7.5));
        let place = Place {
            opacity: Some(keys(&[(start - 1, [0.0], Hold), (start + 1, [100.0], Hold)])),
            ..Place::at(-193.0 + index as f64 * 44.0, -28.0)
        };
        items.push(group(&letter.to_string(), &place, strokes));
    }
    let line = |row: f64, from: f64, to: f64, start: i32, end: i32, color: u32| {
        group(
            "line",
            &Place {
                opacity: Some(keys(&[(start - 1, [0.0], Hold), (start, [100.0], Hold)])),
                ..Place::default()
            },
            vec![
                edges(false, &[[from, row], [to, row]]),
                trim(fixed(0), keys(&[(start, [0.0], Ease), (end, [100.0], Hold)])),
                stroke(rgb(color), 9.0),
            ],
        )
    };
    // The long line is the job: it is full when the last machine is done.
    let done = FIRST_FRAME + 5 * BEAT + FLIGHT + 44;
    items.push(line(62.0, -193.0, -110.0, CLAP + 26, CLAP + 36, CORAL));
    items.push(line(62.0, -82.0, 22.0, CLAP + 29, CLAP + 41, STEEL));
    items.push(line(62.0, 50.0, 193.0, CLAP + 32, CLAP + 46, STEEL));
    items.push(line(100.0, -193.0, 193.0, FIRST_FRAME + FLIGHT, done, TEAL));
    items.push(group(
        "track",
        &Place::default(),
        vec![
            edges(false, &[[-193.0, 100.0], [193.0, 100.0]]),
            trim(fixed(0), keys(&[(CLAP + 34, [0.0], Out), (CLAP + 50, [100.0], Hold)])),
            stroke(rgb(0x3a_4078), 9.0),
        ],
    ));
    vec![Layer::shapes("title", &Place::default(), items).under("board").between(CLAP, FRAMES)]
}

/// What a clap looks like.
fn burst() -> Vec<Layer> {
    let ray = vec![
        edges(false, &[[0.0, -46.0], [0.0, -128.0]]),
        trim(
            keys(&[(CLAP + 2, [0.0], Out), (CLAP + 16, [100.0], Hold)]),
            keys(&[(CLAP, [0.0], Out), (CLAP + 10, [100.0], Hold)]),
        ),
        stroke(rgb(AMBER), 7.0),
    ];
    let turn = Place { turn: Some(fixed(30)), ..Place::default() };
    let rays = vec![group("ray", &Place::default(), ray), repeat(12, &turn)];
    let ring = Place {
        scale: Some(keys(&[(CLAP, [20.0, 20.0], Out), (CLAP + 22, [115.0, 115.0], Hold)])),
        opacity: Some(keys(&[(CLAP, [90.0], Linear), (CLAP + 20, [0.0], Hold)])),
        ..Place::default()
    };
    let place = |x: f64| Place::at(BOARD[0] + x, BOARD[1] - 128.0);
    vec![
        Layer::shapes("rays", &place(258.0), rays).between(CLAP, CLAP + 18),
        Layer::shapes(
            "ring",
            &place(258.0),
            vec![group("ring", &ring, vec![ellipse([0.0, 0.0], [300.0, 300.0]), stroke(rgb(CREAM), 5.0)])],
        )
        .between(CLAP, CLAP + 22),
    ]
}

fn flying_frames() -> Vec<Layer> {
    let mut layers = Vec::new();
    for (index, [x, y]) in MACHINES.into_iter().enumerate() {
        let side = if x < 640.0 { -1.0 } else { 1.0 };
        let from = [BOARD[0] + side * 235.0, BOARD[1] + 20.0];
        let to = [x - side * 88.0, y - 8.0];
        let start = start_of(index);
        let way = Place {
            at: Some(travel(
                (start, from),
                [side * 60.0, -130.0],
                [-side * 130.0, 0.0],
                (start + FLIGHT, to),
            )),
            turn: Some(keys(&[(start, [side * -25.0], Ease), (start + FLIGHT, [0.0], Hold)])),
            scale: Some(keys(&[(start, [30.0, 30.0], Back), (start + 8, [100.0, 100.0], Hold)])),
            ..Place::default()
        };
        let picture = vec![
            group("window", &Place::default(), vec![rect([0.0, 0.0], [26.0, 16.0], 3.0), fill(rgb(CREAM))]),
            group("frame", &Place::default(), vec![rect([0.0, 0.0], [38.0, 28.0], 6.0), fill(rgb(AMBER))]),
        ];
        layers.push(Layer::shapes("frame in flight", &way, picture).between(start, start + FLIGHT));
        let wire = vec![
            path(false, &[[from, [0.0, 0.0], [side * 60.0, -130.0]], [to, [-side * 130.0, 0.0], [0.0, 0.0]]]),
            trim(
                fixed(0),
                keys(&[
                    (CLAP + 14 + index as i32 * 2, [0.0], Ease),
                    (CLAP + 30 + index as i32 * 2, [100.0], Hold),
                ]),
            ),
            dashed(rgb(STEEL), 3.0, 2.0, 11.0),
        ];
        layers.push(
            Layer::shapes("wire", &Place::default(), vec![group("wire", &Place::default(), wire)])
                .between(CLAP + 14, FRAMES),
        );
    }
    // Frames fly above every wire.
    layers.sort_by_key(|layer| layer.is_named("wire"));
    layers
}
