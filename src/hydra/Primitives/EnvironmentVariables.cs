namespace Hydra.Primitives;

/// <summary>Variables that are no option.</summary>
internal static class EnvironmentVariables
{
    /// <summary>Names a place for the shim and the workers' socket, before all other places.</summary>
    public const string RuntimeDirectory = "HYDRA_RUNTIME_DIR";

    /// <summary>Tells the package <c>hydra_server</c> where the executable is.</summary>
    public const string Executable = "HYDRA_BIN";

    /// <summary>Tells the application in a worker the worker's index.</summary>
    public const string WorkerId = "HYDRA_WORKER_ID";

    /// <summary>Tells a program that is a worker at which Unix socket it may listen.</summary>
    public const string ProgramSocket = "HYDRA_SOCKET";

    /// <summary>Tells a program that is a worker at which port of the loopback interface it may listen; and the server itself, as elsewhere.</summary>
    public const string Port = "PORT";

    /// <summary>Tells a server that is started for an upgrade what it inherits.</summary>
    public const string Inherited = "HYDRA_INHERIT";
}
