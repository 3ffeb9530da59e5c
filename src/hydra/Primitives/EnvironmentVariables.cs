namespace Hydra.Primitives;

/// <summary>Variables that are no option.</summary>
internal static class EnvironmentVariables
{
    /// <summary>Names a place for the shim and the workers' socket, before all other places.</summary>
    public const string RuntimeDirectory = "HYDRA_RUNTIME_DIR";

    /// <summary>Tells the application in a worker the worker's index.</summary>
    public const string WorkerId = "HYDRA_WORKER_ID";

    /// <summary>Tells a server that is started for an upgrade what it inherits.</summary>
    public const string Inherited = "HYDRA_INHERIT";
}
