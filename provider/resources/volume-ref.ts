import type * as pulumi from "@pulumi/pulumi";

/**
 * A volume that exists or is to be made, as a program names it.
 *
 * Volumes of Kubernetes and plain directories are refused as not built yet.
 *
 * @example { docker: { volume: "orders-v1" } }
 * @example { docker: { volume: "orders-v1", host: "ssh://deploy@shop-1" } }
 */
export interface VolumeRefArgs {
    docker: DockerVolumeArgs;
}

/** A named volume of a Docker engine. */
export interface DockerVolumeArgs {
    /**
     * The volume's name: letters, digits, `_`, `.` and `-`, at least two, the first a letter or a
     * digit. A mount of a host folder is no volume and has no name.
     */
    volume: pulumi.Input<string>;
    /**
     * The engine, as DOCKER_HOST has it: `ssh://[user@]host[:port]`, `unix:///path` or
     * `tcp://host:port`. An address with a password in it is refused: use an SSH key.
     *
     * @default the stack's configuration, else DOCKER_HOST, else the local engine
     */
    host?: pulumi.Input<string>;
}
