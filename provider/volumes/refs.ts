/**
 * A volume, wherever it is.
 * @example { docker: { volume: "orders-v1" } }
 * @example { docker: { volume: "orders-v1", host: "ssh://deploy@shop-1" } }
 */
export type VolumeRef = DockerVolumeRef;

export interface DockerVolumeRef {
    docker: {
        /** The volume's name. */
        volume: string;
        /** The engine, as DOCKER_HOST has it. @default stack configuration, else DOCKER_HOST, else the local engine */
        host?: string;
    };
}

/** For people: `docker volume "orders-v1"`. */
export function describeVolume(ref: VolumeRef): string {
    const where = ref.docker.host ? ` on ${ref.docker.host}` : "";
    return `docker volume ${JSON.stringify(ref.docker.volume)}${where}`;
}
