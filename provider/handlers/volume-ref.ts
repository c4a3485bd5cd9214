import { z } from "zod";
import type { DockerVolumeRef, SourceRef, VolumeRef } from "../volumes/refs.js";
import { dockerHostLeaf } from "./docker-host.js";
import { dockerNameLeaf } from "./input-leaves.js";
import { input, isPlainObject, Refusal, shape } from "./input-shape.js";

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

/** What can be copied from: a volume, or an archive. */
export function sourceRefShape(example: string) {
    const volume = volumeRefShape(example);
    const instead = `write { archive: { path: "/srv/backups/${example}.tar.zst" } }`;
    const archive = shape(instead, {
        archive: shape(instead, {
            path: archivePathLeaf,
            host: dockerHostLeaf().optional(),
            volume: dockerNameLeaf("volume", example).optional(),
            identity: identityLeaf.optional(),
        }),
    });
    const isArchive = (value: unknown) => isPlainObject(value) && Object.hasOwn(value, "archive");
    return z.unknown().transform((value, context): SourceRef => {
        const read = isArchive(value) ? archive.safeParse(value) : volume.safeParse(value);
        if (read.success) return read.data;
        for (const issue of read.error.issues) context.addIssue({ ...issue });
        return z.NEVER;
    });
}

/** A private key of age. Its text is never printed. */
const identityLeaf = input<string>(
    "write the private key that age-keygen prints, as a secret: AGE-SECRET-KEY-1 and 58 more characters",
    (value) => {
        if (typeof value !== "string") return new Refusal("must be a text");
        return /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(value.trim())
            ? value.trim()
            : new Refusal("is no private key of age");
    },
);

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
        const problem = pathProblem(value);
        if (problem !== undefined) return new Refusal(problem);
        return ofTheMachine.test(value as string)
            ? new Refusal("belongs to the machine itself")
            : (value as string);
    });
}

/** Why a value is no path as it is to be written; undefined when it is one. */
function pathProblem(value: unknown): string | undefined {
    if (typeof value !== "string") return "must be a text";
    if (!value.startsWith("/")) return "is not an absolute path";
    if (/\p{Cc}/u.test(value)) return "holds a control character";
    const parts = value.slice(1).split("/");
    const odd = value !== "/" && parts.some((part) => ["", ".", ".."].includes(part));
    return odd ? 'holds an empty part, "." or ".."' : undefined;
}

/** The path of an archive that is written, or read. */
export const archivePathLeaf = input<string>(
    'write an absolute path, such as "/srv/backups/orders.tar.zst"',
    (value) => {
        const problem = pathProblem(value);
        if (problem !== undefined) return new Refusal(problem);
        const path = value as string;
        if (path === "/") return new Refusal("is a folder");
        if (path.endsWith(".partial")) return new Refusal("has the ending of what is not whole");
        return path;
    },
);
