import { z } from "zod";
import { CutoverError } from "../../engine/errors.js";

/** An image, as an engine has it. */
export interface ImageFacts {
    /** The digest of its configuration: the same image has the same one everywhere. */
    id: string;
    hasEntrypoint: boolean;
    /** Digests of its layers' content, the lowest first. */
    layers: readonly string[];
    /** `NAME@sha256:…`, as registries know it. */
    digests: readonly string[];
    bytes: number;
}

const schema = z.object({
    Id: z.string(),
    Size: z.number().default(0),
    RepoDigests: z.array(z.string()).nullish(),
    Config: z.looseObject({ Entrypoint: z.array(z.string()).nullish() }).nullish(),
    RootFS: z.looseObject({ Layers: z.array(z.string()).nullish() }).nullish(),
});

/** Parses what `docker image inspect NAME` prints. */
export function parseImage(text: string): ImageFacts {
    const [first] = parseImages(text);
    if (!first) throw unreadable();
    return first;
}

/** Parses what `docker image inspect NAME…` prints. */
export function parseImages(text: string): ImageFacts[] {
    const read = z.array(schema).safeParse(JSON.parse(text));
    if (!read.success) throw unreadable();
    return read.data.map((raw) => ({
        id: raw.Id,
        hasEntrypoint: (raw.Config?.Entrypoint ?? []).length > 0,
        layers: raw.RootFS?.Layers ?? [],
        digests: raw.RepoDigests ?? [],
        bytes: raw.Size,
    }));
}

function unreadable(): CutoverError {
    return new CutoverError("what Docker says of an image cannot be read", {
        next: "check which docker is on PATH and which engine it talks to: docker version",
    });
}
