import type { RefusedNames } from "../input-shape.js";

const later = (instead: string) => ({ problem: "is reserved for a later version", instead });

/** Properties that later versions of an environment will have, and what to write until then. */
export const reservedNames: RefusedNames = {
    release: later("leave it out, and write both slots"),
    candidate: later("leave it out, and write both slots"),
    rollout: later("leave it out, and change the weights"),
    prepare: later("leave it out"),
    keep: later("leave it out: the slot that does not serve keeps its data as they were"),
    protocol: later("leave it out: this version carries HTTP"),
};
