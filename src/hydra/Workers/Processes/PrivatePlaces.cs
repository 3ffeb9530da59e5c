using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>A directory below which private directories can be made, perhaps.</summary>
/// <param name="Path">The directory.</param>
/// <param name="IsChosen">The user named it: it is made when it is missing, and who else may write there is the user's business.</param>
/// <param name="IsMade">It may be made when it is missing.</param>
internal sealed record PrivatePlace(string Path, bool IsChosen = false, bool IsMade = false);

/// <summary>Where private directories can be, the best place first.</summary>
internal static class PrivatePlaces
{
    /// <summary>The places of this machine. There may be no home, no name for the user and no temporary directory.</summary>
    public static IReadOnlyList<PrivatePlace> All(IReadOnlyDictionary<string, string> environment, bool isWindows)
    {
        List<PrivatePlace> places = [];
        if (Get(environment, EnvironmentVariables.RuntimeDirectory) is { } chosen)
        {
            places.Add(new PrivatePlace(Path.GetFullPath(chosen), IsChosen: true, IsMade: true));
        }

        places.AddRange(isWindows ? OnWindows(environment) : OnPosix(environment));
        return [.. places.DistinctBy(static place => place.Path)];
    }

    private static IEnumerable<PrivatePlace> OnPosix(IReadOnlyDictionary<string, string> environment)
    {
        yield return new PrivatePlace(Get(environment, "TMPDIR") ?? "/tmp");

        // Not before the temporary directory: this one is deleted when the user logs out, even from under a server that goes on.
        if (Get(environment, "XDG_RUNTIME_DIR") is { } session)
        {
            yield return new PrivatePlace(session);
        }

        // A container with a read-only root often has this one.
        yield return new PrivatePlace("/dev/shm");
        yield return new PrivatePlace("/var/tmp");
        if (Get(environment, "XDG_CACHE_HOME") is { } cache)
        {
            yield return new PrivatePlace(cache, IsMade: true);
        }
        else if (Get(environment, "HOME") is { } home && Directory.Exists(home))
        {
            yield return new PrivatePlace(Path.Combine(home, ".cache"), IsMade: true);
        }
    }

    // Both are inside the user's profile, whose access list keeps others out.
    private static IEnumerable<PrivatePlace> OnWindows(IReadOnlyDictionary<string, string> environment)
    {
        if (Get(environment, "LOCALAPPDATA") is { } local)
        {
            yield return new PrivatePlace(Path.Combine(local, "hydra"), IsMade: true);
        }

        yield return new PrivatePlace(Path.TrimEndingDirectorySeparator(Path.GetTempPath()));
    }

    // A relative path in these variables is invalid by their specification, and would be another place after --chdir.
    private static string? Get(IReadOnlyDictionary<string, string> environment, string name)
        => environment.TryGetValue(name, out string? value) && value.Length > 0 && (Path.IsPathRooted(value) || name == EnvironmentVariables.RuntimeDirectory)
            ? Path.TrimEndingDirectorySeparator(value)
            : null;
}
