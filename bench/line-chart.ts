export interface Line {
    name: string;
    points: readonly { x: number; y: number }[];
}

export interface Chart {
    title: string;
    /** Small, below: where and when it was measured. */
    note: string;
    /** The axes' labels; x is logarithmic, y begins at 0. */
    x: string;
    y: string;
    lines: readonly Line[];
}

const width = 720;
const height = 440;
const area = { left: 64, right: 696, top: 96, bottom: 350 };

/** Told apart on white and on black, and by who does not see red or green. */
const style = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.note { fill: #57606a }
.grid { stroke: #d0d7de }
.line { fill: none; stroke-width: 2.5 }
.line0 { stroke: #0969da } .dot0 { fill: #0969da }
.line1 { stroke: #bc4c00; stroke-dasharray: 6 4 } .dot1 { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #8d96a0 } .grid { stroke: #3d444d }
  .line0 { stroke: #4493f8 } .dot0 { fill: #4493f8 }
  .line1 { stroke: #f0883e } .dot1 { fill: #f0883e }
}`;

/** Draws up to two lines as SVG. It has no background: it is read on light and on dark pages. */
export function lineChart(chart: Chart): string {
    const all = chart.lines.flatMap(({ points }) => points);
    const xs = all.map(({ x }) => x);
    const ticks = steps(Math.max(...all.map(({ y }) => y)));
    const scale = scales(Math.min(...xs), Math.max(...xs), ticks.at(-1) ?? 1);
    const parts = [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(chart.title)}">`,
        `<style>${style}</style>`,
        text(area.left, 28, chart.title, 'class="title"'),
        ...chart.lines.map(({ name }, index) => legend(name, index)),
        ...yAxis(chart.y, ticks, scale.y),
        ...xAxis(chart.x, [...new Set(xs)], scale.x),
        ...chart.lines.map((line, index) => drawn(line, index, scale)),
        text(area.left, height - 16, chart.note, 'class="note"'),
        "</svg>",
    ];
    return `${parts.join("\n")}\n`;
}

interface Scales {
    x(value: number): number;
    y(value: number): number;
}

/** One size alone stands in the middle. */
function scales(least: number, most: number, top: number): Scales {
    const decades = Math.log10(most / least);
    const inner = { left: area.left + 24, right: area.right - 40 };
    return {
        x: (value) => {
            const part = decades > 0 ? Math.log10(value / least) / decades : 0.5;
            return inner.left + part * (inner.right - inner.left);
        },
        y: (value) => area.bottom - (value / top) * (area.bottom - area.top),
    };
}

/** From 0 to the round number above the largest value, in 4 to 10 equal steps of 1, 2 or 5. */
function steps(most: number): number[] {
    const rough = Math.max(most, 1e-3) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
    const count = Math.max(1, Math.ceil(most / step));
    return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(6)));
}

function yAxis(label: string, ticks: readonly number[], y: Scales["y"]): string[] {
    const lines = ticks.flatMap((tick) => [
        `<line class="grid" x1="${area.left}" y1="${round(y(tick))}" x2="${area.right}" y2="${round(y(tick))}"/>`,
        text(area.left - 10, y(tick) + 4, String(tick), 'text-anchor="end"'),
    ]);
    const middle = (area.top + area.bottom) / 2;
    const upwards = `text-anchor="middle" transform="rotate(-90 18 ${round(middle)})"`;
    return [...lines, text(18, middle, label, upwards)];
}

function xAxis(label: string, sizes: readonly number[], x: Scales["x"]): string[] {
    const ticks = sizes.flatMap((size) => [
        `<line class="grid" x1="${round(x(size))}" y1="${area.bottom}" x2="${round(x(size))}" y2="${area.bottom + 6}"/>`,
        text(x(size), area.bottom + 22, size.toLocaleString("en"), 'text-anchor="middle"'),
    ]);
    const middle = (area.left + area.right) / 2;
    return [...ticks, text(middle, area.bottom + 46, label, 'text-anchor="middle"')];
}

function legend(name: string, index: number): string {
    const y = 50 + index * 20;
    const sample = `<line class="line line${index}" x1="${area.left}" y1="${y}" x2="${area.left + 28}" y2="${y}"/>`;
    return `${sample}\n${text(area.left + 36, y + 4, name)}`;
}

/** Its figure shows where the pointer is on a point. */
function drawn({ points }: Line, index: number, { x, y }: Scales): string {
    const at = points.map((point) => `${round(x(point.x))},${round(y(point.y))}`);
    const dots = points.map((point) => {
        const [left, top] = [round(x(point.x)), round(y(point.y))];
        return `<circle class="dot${index}" cx="${left}" cy="${top}" r="4"><title>${point.y.toFixed(2)}</title></circle>`;
    });
    return [`<polyline class="line line${index}" points="${at.join(" ")}"/>`, ...dots].join("\n");
}

function text(x: number, y: number, content: string, more = ""): string {
    return `<text x="${round(x)}" y="${round(y)}" ${more}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
    return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
    return Math.round(value * 10) / 10;
}
