namespace Hydra.Tests;

/// <summary>Finds the repository's files from where the tests run.</summary>
internal static class RepositoryFiles
{
    /// <summary>The folder of Hydra.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path below the root.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hydra.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Hydra.sln above {AppContext.BaseDirectory}");
    }
}
