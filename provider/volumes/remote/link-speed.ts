import { formatBytes } from "../../engine/units.js";
import type { Manifest } from "../manifest.js";
import { nulSeparated } from "../names.js";
import { runTool } from "../tool.js";
import { ownTools, type Sample } from "./own-tools.js";
import { textOf } from "./remote-source.js";
import type { RemoteTools } from "./tool-client.js";

/** What was measured of the way to the other host, and what follows from it. */
export interface LinkReport {
    /** Bytes a second that the link carried when it was measured. */
    rate: number;
    compressed: boolean;
    /** Why, with figures. */
    reason: string;
}

/** Entries of the sample, taken evenly over the whole. */
const sampled = 200;

/** Measures the link and a sample of the data: it pays to compress where the link is slower than what zstd saves. */
export async function measureLink(
    tools: RemoteTools,
    source: Manifest,
    signal: AbortSignal,
): Promise<LinkReport> {
    const rate = await linkRate(tools, signal);
    const sample = JSON.parse(
        await textOf(tools, ownTools.sample, sampleOf(source), signal),
    ) as Sample;
    return judgeLink(rate, sample);
}

/**
 * With zstd on one core beside the other work, half of its speed is counted on.
 * @param rate bytes a second
 */
export function judgeLink(rate: number, { bytes, packed, seconds }: Sample): LinkReport {
    const link = `the link carries ${formatBytes(rate)}/s`;
    if (bytes < least || seconds <= 0)
        return { rate, compressed: false, reason: `${link}; too little data to try zstd on` };
    const zstd = bytes / seconds;
    const ratio = packed / bytes;
    const gain = Math.min(zstd / 2, rate / ratio) / rate;
    const compressed = gain > 1.2;
    const packs = `zstd packs ${formatBytes(zstd)}/s to ${Math.round(ratio * 100)} %`;
    return { rate, compressed, reason: `${link}, ${packs}` };
}

const least = 64 << 10;

/** Noise, counted from its first bytes: the start of a connection is no part of its speed. */
async function linkRate(tools: RemoteTools, signal: AbortSignal): Promise<number> {
    let bytes = 0;
    let began = 0;
    let last = 0;
    await runTool(
        tools,
        { argv: [ownTools.noise] },
        {
            signal,
            onOutput: (chunk) => {
                last = performance.now();
                if (began === 0) began = last;
                else bytes += chunk.length;
            },
        },
    );
    return last > began ? (bytes / (last - began)) * 1_000 : 0;
}

function sampleOf(source: Manifest): Buffer {
    const files: number[] = [];
    for (let at = 1; at < source.count; at++)
        if (source.isFile(at) && (source.size[at] as number) > 0) files.push(at);
    const step = Math.max(1, Math.floor(files.length / sampled));
    const chosen = files.filter((_, index) => index % step === 0);
    return nulSeparated(chosen.map((at) => `./${source.path(at)}`));
}
