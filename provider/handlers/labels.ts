import { labelKeys } from "../platforms/docker/names.js";
import type { Origin } from "./prefix.js";

/** Labels that tell whose a thing is. */
export function originLabels({ project, stack, name }: Origin): Record<string, string> {
    return { [labelKeys.project]: project, [labelKeys.stack]: stack, [labelKeys.name]: name };
}
