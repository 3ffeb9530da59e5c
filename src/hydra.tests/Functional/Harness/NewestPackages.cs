using System.Security.Cryptography;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>The environment that build/newest.sh makes, outside of the repository: CPython 3.11 with the newest packages.</summary>
public static class NewestPackages
{
    /// <summary>Its interpreter.</summary>
    public static string Python { get; } = Path.Combine(Home(), "bin", "python");

    /// <summary>Why the tests are skipped, or null where the environment is complete.</summary>
    public static string? Obstacle { get; } = File.Exists(Path.Combine(Home(), "complete"))
        ? null
        : "the newest packages are not here: build/newest.sh makes an environment of them, or says why it cannot";

    // As in build/newest.sh.
    private static string Home()
    {
        string requirements = RepositoryFiles.At("src", "hydra.tests", "Functional", "Apps", "newest", "requirements.txt");
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(requirements)))[..16];
        string cache = Variable("HYDRA_TEST_CACHE")
            ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Variable("HOME") ?? "/tmp", ".cache"), "hydra-tests");
        return Path.Combine(cache, "newest-" + hash);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>A test that needs the newest packages.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NewestPackagesFactAttribute : FactAttribute
{
    /// <summary>Looks whether they are there.</summary>
    public NewestPackagesFactAttribute() => Skip = NewestPackages.Obstacle!;
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NewestPackagesTheoryAttribute : TheoryAttribute
{
    /// <summary>Looks whether they are there.</summary>
    public NewestPackagesTheoryAttribute() => Skip = NewestPackages.Obstacle!;
}
