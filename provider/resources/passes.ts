import type * as pulumi from "@pulumi/pulumi";
import type { Size } from "../engine/units.js";

/**
 * Passes over a volume while its writers still run. Each copies what changed since the one before,
 * so that little is left for the pass under the freeze.
 *
 * @example { max: 8, settle: "4 MiB" }
 */
export interface PassesArgs {
    /**
     * The most live passes, from 1 to 100. More of them cost reading time on the source, and
     * shorten the freeze.
     *
     * @default 5
     */
    max?: pulumi.Input<number>;
    /**
     * Live passes end as soon as one of them copied no more than this, an amount of data with its
     * unit: `"16 MiB"`, in no more than 10,000 entries. They end too when they stop shrinking,
     * since the source writes as fast as they copy: the report's `unsettled` then has both rates.
     *
     * @default "16 MiB"
     */
    settle?: pulumi.Input<Size>;
}
