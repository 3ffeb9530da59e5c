namespace Hydra.Cli;

/// <summary>The version that was built, as the assembly has it.</summary>
internal static class VersionText
{
    // As hydra.csproj calls it.
    private const string Speedups = "shim/hydra_worker/_speedups.abi3.so";

    /// <summary>The number alone, such as 0.1.0.</summary>
    public static string Number { get; } = typeof(VersionText).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The name with the number.</summary>
    public static string Full { get; } = "hydra " + Number;

    /// <summary>Whether this executable carries the native part of the worker.</summary>
    public static bool HasSpeedups => typeof(VersionText).Assembly.GetManifestResourceNames().Contains(Speedups);

    /// <summary>What --version prints.</summary>
    public static string Printed => $"{Full} ({(HasSpeedups ? "with" : "without")} speedups)";
}
