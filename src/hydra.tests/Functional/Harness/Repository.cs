namespace Hydra.Tests.Functional.Harness;

/// <summary>Where things are in the repository that the tests were built in.</summary>
public static class Repository
{
    /// <summary>The directory with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The published executable: HYDRA_BIN, or dist/hydra.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable("HYDRA_BIN") is { Length: > 0 } path
        ? Path.GetFullPath(path)
        : Path.Combine(Root, "dist", "hydra");

    /// <summary>The Python applications of these tests.</summary>
    public static string Apps { get; } = Path.Combine(Root, "src", "hydra.tests", "Functional", "Apps");

    /// <summary>The Python that has Debian's packages.</summary>
    public static string Python { get; } = Environment.GetEnvironmentVariable("HYDRA_TEST_PYTHON") is { Length: > 0 } path ? path : "/usr/bin/python3";

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Hydra.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("the tests do not run inside the repository: no Hydra.sln above them");
    }
}
