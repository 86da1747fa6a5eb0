//! An image by itself: zones one below the other, in each its keys, and below them what they sign.

use std::collections::HashMap;
use std::fmt::Write;

use super::{Edge, Graph, Kind, Node, State, ZoneBox};

/// Sizes in pixels.
const NODE_WIDTH: usize = 190;
const NODE_HEIGHT: usize = 44;
const GAP: usize = 30;
const MARGIN: usize = 20;
const TITLE: usize = 26;
/// Longer lines are cut: the picture is for the eye, the report has them whole.
const CHARACTERS: usize = 26;

/// Where a node's upper left corner is.
type Places<'a> = HashMap<&'a str, (usize, usize)>;

pub(super) fn write(graph: &Graph) -> String {
    let columns = graph.zones.iter().map(widest_row).max().unwrap_or(1).max(1);
    let width = 2 * MARGIN + columns * (NODE_WIDTH + GAP) + GAP;
    let mut body = String::new();
    let mut places: Places<'_> = HashMap::new();
    let mut top = MARGIN;
    for zone in &graph.zones {
        let rows = rows(zone);
        let height = TITLE + rows.len().max(1) * (NODE_HEIGHT + GAP);
        body.push_str(&frame(zone, top, width - 2 * MARGIN, height));
        for (row, nodes) in rows.iter().enumerate() {
            let y = top + TITLE + GAP / 2 + row * (NODE_HEIGHT + GAP);
            for (column, node) in nodes.iter().enumerate() {
                let x = MARGIN + GAP + column * (NODE_WIDTH + GAP);
                places.insert(&node.id, (x, y));
                body.push_str(&shape(node, x, y));
            }
        }
        top += height + GAP;
    }
    let edges: String = graph
        .edges
        .iter()
        .filter_map(|edge| arrow(edge, &places))
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" viewBox=\"0 0 {width} {top}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n{MARKERS}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}{edges}</svg>\n"
    )
}

const MARKERS: &str = concat!(
    "<defs>",
    "<marker id=\"holds\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#1a7f37\"/></marker>",
    "<marker id=\"broken\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#cf222e\"/></marker>",
    "</defs>\n"
);

/// Anchors, keys that sign keys, other keys, then what is signed.
fn rows(zone: &ZoneBox) -> Vec<Vec<&Node>> {
    let of = |wanted: &dyn Fn(&Node) -> bool| -> Vec<&Node> {
        zone.nodes.iter().filter(|node| wanted(node)).collect()
    };
    let signs_keys = |node: &Node| {
        node.lines
            .first()
            .is_some_and(|line| !line.starts_with("ZSK"))
    };
    let rows = [
        of(&|node| node.kind == Kind::Anchor),
        of(&|node| node.kind == Kind::Key && signs_keys(node)),
        of(&|node| node.kind == Kind::Key && !signs_keys(node)),
        of(&|node| node.kind == Kind::Set),
    ];
    rows.into_iter().filter(|row| !row.is_empty()).collect()
}

fn widest_row(zone: &ZoneBox) -> usize {
    rows(zone).iter().map(Vec::len).max().unwrap_or_default()
}

fn frame(zone: &ZoneBox, top: usize, width: usize, height: usize) -> String {
    let said = match zone.state {
        State::Holds => "signed",
        State::Broken => "broken",
        State::Unsigned => "not signed",
    };
    let (right, base, color) = (MARGIN + width - 10, top + 18, color(zone.state));
    format!(
        "<rect x=\"{MARGIN}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#f6f8fa\" stroke=\"{color}\"/>\n\
         <text x=\"{}\" y=\"{base}\" font-weight=\"bold\">{}</text>\n\
         <text x=\"{right}\" y=\"{base}\" text-anchor=\"end\" fill=\"{color}\">{said}</text>\n",
        MARGIN + 10,
        escaped(&zone.name),
    )
}

fn shape(node: &Node, x: usize, y: usize) -> String {
    let round = if node.kind == Kind::Key { 22 } else { 3 };
    let mut out = format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"{round}\" fill=\"#ffffff\" stroke=\"{}\"/>\n",
        color(node.state)
    );
    let first = y + if node.lines.len() > 1 { 19 } else { 27 };
    for (number, line) in node.lines.iter().enumerate() {
        let short: String = line.chars().take(CHARACTERS).collect();
        let more = if line.chars().count() > CHARACTERS {
            "…"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}{more}</text>",
            x + NODE_WIDTH / 2,
            first + number * 16,
            escaped(&short)
        );
    }
    out
}

fn arrow(edge: &Edge, places: &Places<'_>) -> Option<String> {
    let (from, to) = (
        places.get(edge.from.as_str())?,
        places.get(edge.to.as_str())?,
    );
    let (color, marker, dash) = match edge.state {
        State::Holds => ("#1a7f37", "holds", ""),
        _ => ("#cf222e", "broken", " stroke-dasharray=\"6 4\""),
    };
    // Side by side in one row, or from the lower edge to the upper one.
    let middle = NODE_WIDTH / 2;
    let (x1, y1, x2, y2) = if from.1 == to.1 && from.0 < to.0 {
        (
            from.0 + NODE_WIDTH,
            from.1 + NODE_HEIGHT / 2,
            to.0,
            to.1 + NODE_HEIGHT / 2,
        )
    } else if from.1 == to.1 {
        (
            from.0,
            from.1 + NODE_HEIGHT / 2,
            to.0 + NODE_WIDTH,
            to.1 + NODE_HEIGHT / 2,
        )
    } else {
        (from.0 + middle, from.1 + NODE_HEIGHT, to.0 + middle, to.1)
    };
    let mut out = format!(
        "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{color}\" stroke-width=\"1.5\"{dash} marker-end=\"url(#{marker})\"/>\n"
    );
    if !edge.label.is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" fill=\"{color}\" font-size=\"11\">{}</text>",
            usize::midpoint(x1, x2) + 6,
            usize::midpoint(y1, y2),
            escaped(&edge.label)
        );
    }
    Some(out)
}

fn color(state: State) -> &'static str {
    match state {
        State::Holds => "#1a7f37",
        State::Broken => "#cf222e",
        State::Unsigned => "#6e7781",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
