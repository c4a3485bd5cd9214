import type { InputProblem } from "../../engine/errors.js";
import { problemsOf, withoutEmpty } from "../input-shape.js";
import type { PreviewedEnvironment, SlotDeclaration } from "./declaration.js";
import { outlineOf } from "./outline.js";
import { handoverProblems } from "./rules/handover.js";
import { slotProblems } from "./rules/slots.js";
import { trafficProblems } from "./rules/traffic.js";
import { volumeProblems } from "./rules/volumes.js";
import { environmentShape, type ReadEnvironment } from "./shape.js";

/** A declaration with every default filled in, or all that is wrong with it at once. */
export interface ReadDeclaration {
    declaration?: PreviewedEnvironment;
    problems: InputProblem[];
}

/**
 * Reads the arguments of a `BlueGreenEnvironment` as its class passes them: resolved, and each
 * container replaced by `{ image, digest, owned }`.
 */
export function readDeclaration(raw: unknown): ReadDeclaration {
    const given = withoutEmpty(raw) ?? {};
    const read = environmentShape.safeParse(given);
    const outline = outlineOf(given);
    const problems = [
        ...(read.success ? [] : problemsOf(read.error)),
        ...slotProblems(outline),
        ...trafficProblems(outline),
        ...volumeProblems(outline),
        ...handoverProblems(outline),
    ];
    if (!read.success || problems.length > 0) return { problems };
    return { declaration: declarationOf(read.data), problems };
}

function declarationOf(read: ReadEnvironment): PreviewedEnvironment {
    const { docker, slots, traffic, ...rest } = read;
    const { networks, ...otherTraffic } = traffic;
    return {
        ...rest,
        ...(docker.host === undefined ? {} : { host: docker.host }),
        slots: Object.fromEntries(
            Object.entries(slots).map(([name, slot]) => [name, slotDeclaration(slot)]),
        ),
        traffic: otherTraffic,
        networks,
    };
}

function slotDeclaration(slot: ReadEnvironment["slots"][string]): SlotDeclaration {
    const containers = Object.entries(slot.containers).map(
        ([name, { image, digest }]) => [name, { image, digest }] as const,
    );
    return { containers: Object.fromEntries(containers), background: slot.background };
}
