namespace Hydra.Tests.Functional.Harness;

/// <summary>What functional tests run.</summary>
public static class Repository
{
    /// <summary>The published executable: HYDRA_BIN, or dist/hydra.</summary>
    public static string Executable { get; } = Environment.GetEnvironmentVariable("HYDRA_BIN") is { Length: > 0 } path
        ? Path.GetFullPath(path)
        : RepositoryFiles.At("dist", "hydra");

    /// <summary>The Python applications of these tests.</summary>
    public static string Apps { get; } = RepositoryFiles.At("src", "hydra.tests", "Functional", "Apps");

    /// <summary>The Python that has Debian's packages.</summary>
    public static string Python { get; } = Environment.GetEnvironmentVariable("HYDRA_TEST_PYTHON") is { Length: > 0 } path ? path : "/usr/bin/python3";
}
