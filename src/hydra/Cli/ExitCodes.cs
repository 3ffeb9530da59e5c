namespace Hydra.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped as it was told to, or printed what was asked for.</summary>
    public const int Success = 0;

    /// <summary>Something broke while serving.</summary>
    public const int RuntimeError = 1;

    /// <summary>The command line or a variable is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server could not start: the application, an address, Python. Trying again without a change is no use.</summary>
    public const int StartFailure = 3;
}
