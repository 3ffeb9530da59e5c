namespace Hydra.Cli;

/// <summary>The version that was built, as the assembly has it.</summary>
internal static class VersionText
{
    /// <summary>The number alone, such as 0.1.0.</summary>
    public static string Number { get; } = typeof(VersionText).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>What --version prints.</summary>
    public static string Full { get; } = "hydra " + Number;
}
