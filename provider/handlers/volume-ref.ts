import { z } from "zod";
import type { DockerVolumeRef, VolumeRef } from "../volumes/refs.js";
import { dockerHostLeaf } from "./docker-host.js";
import { dockerNameLeaf } from "./input-leaves.js";
import { input, Refusal, shape } from "./input-shape.js";

const notBuilt = { problem: "is not built yet" };

const dockerShape = (instead: string, example: string) =>
    shape(instead, {
        volume: dockerNameLeaf("volume", example),
        host: dockerHostLeaf().optional(),
    }).optional();

/** A volume: `{ docker: { volume } }` or `{ directory: { path } }`. */
export function volumeRefShape(example: string) {
    const instead = `write { docker: { volume: "${example}" } }`;
    const directory = shape(`write { directory: { path: "/srv/${example}" } }`, {
        path: directoryLeaf(`/srv/${example}`),
        host: dockerHostLeaf().optional(),
    }).optional();
    const kinds = { docker: dockerShape(instead, example), directory };
    const refused = { kubernetes: { ...notBuilt, instead } };
    return shape(instead, kinds, refused).transform((ref, context): VolumeRef => {
        const fail = (message: string, what: string) => {
            context.addIssue({ code: "custom", message, params: { instead: what } });
            return z.NEVER;
        };
        if (ref.docker && ref.directory) return fail("names two volumes", "leave one of them out");
        if (ref.docker) return { docker: ref.docker };
        return ref.directory ? { directory: ref.directory } : fail("names no volume", instead);
    });
}

/** A volume of the environment's own engine: `{ docker: { volume } }`. */
export function dockerVolumeShape(example: string) {
    const instead = `write { docker: { volume: "${example}" } }`;
    const refused = {
        kubernetes: { ...notBuilt, instead },
        directory: { ...notBuilt, instead },
    };
    const kinds = { docker: dockerShape(instead, example) };
    return shape(instead, kinds, refused).transform((ref, context): DockerVolumeRef => {
        if (ref.docker) return { docker: ref.docker };
        context.addIssue({ code: "custom", message: "names no volume", params: { instead } });
        return z.NEVER;
    });
}

/** Folders that are the machine itself: their copy is none, and a copy into them ends it. */
const ofTheMachine = /^\/(bin|boot|etc|lib|run|sbin|usr|var|(dev|proc|sys)(\/.*)?)?$/s;

/** A path of the engine's machine; taken as it is, so it must be written the short way. */
function directoryLeaf(example: string) {
    return input<string>(`write an absolute path, such as "${example}"`, (value) => {
        if (typeof value !== "string") return new Refusal("must be a text");
        if (!value.startsWith("/")) return new Refusal("is not an absolute path");
        if (/\p{Cc}/u.test(value)) return new Refusal("holds a control character");
        const parts = value.slice(1).split("/");
        if (value !== "/" && parts.some((part) => ["", ".", ".."].includes(part))) {
            return new Refusal('holds an empty part, "." or ".."');
        }
        return ofTheMachine.test(value) ? new Refusal("belongs to the machine itself") : value;
    });
}
