// Draws frames of Lottie files with Skottie, as the reference our own renderer is compared with.
//
// Reads a list of jobs from standard input:
//   [{ "file": "a.json", "width": 400, "height": 300, "frames": [0, 10], "out": "directory" }]
// `frames` count from the animation's in point. Each frame is written as raw pixels with straight alpha to
// `<out>/<frame>.rgba`; a file that Skottie cannot read leaves `<out>/error` with the reason instead.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LottieAnimation, createCanvas } from "@napi-rs/canvas";

// Skottie reads old dialects only in part. It is given what it lacks here, apart from our own reader, so that
// both can be wrong only on their own.
function modern(text) {
  const file = JSON.parse(text);
  const [major = 0, minor = 0, patch = 0] = String(file.v ?? "9").split(".").map(Number);
  const before = (a, b, c) => major < a || (major === a && (minor < b || (minor === b && patch < c)));
  const values = (property) =>
    typeof property?.k?.[0] === "object" ? property.k.flatMap((key) => [key.s, key.e]) : [property?.k];
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (before(4, 1, 9) && (node.ty === "fl" || node.ty === "st")) {
      for (const color of values(node.c)) color?.forEach((byte, index) => (color[index] = byte / 255));
    }
    const closed = node.ty === "sh" ? node.closed : node.cl;
    const path = node.ty === "sh" ? node.ks : node.pt;
    if (before(4, 4, 18) && closed !== undefined && path) {
      for (const bezier of values(path).flat()) if (bezier) bezier.c = closed;
    }
    Object.values(node).forEach(visit);
  };
  visit(file);
  return JSON.stringify(file);
}

for (const job of JSON.parse(readFileSync(0, "utf8"))) {
  mkdirSync(job.out, { recursive: true });
  try {
    const animation = LottieAnimation.loadFromData(modern(readFileSync(job.file, "utf8")));
    for (const frame of job.frames) {
      const canvas = createCanvas(job.width, job.height);
      const context = canvas.getContext("2d");
      animation.seekFrame(frame);
      animation.render(context, { x: 0, y: 0, width: job.width, height: job.height });
      const pixels = context.getImageData(0, 0, job.width, job.height).data;
      writeFileSync(join(job.out, `${frame}.rgba`), pixels);
    }
  } catch (error) {
    writeFileSync(join(job.out, "error"), String(error));
  }
}
