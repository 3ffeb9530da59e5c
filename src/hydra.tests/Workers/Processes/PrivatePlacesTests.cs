using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class PrivatePlacesTests
{
    [PosixFact]
    public void All_NothingSet_GivesTheSystemsPlaces()
        => Assert.Equal(["/tmp", "/dev/shm", "/var/tmp"], Paths());

    [PosixFact]
    public void All_EverythingSet_GivesTheOrder()
        => Assert.Equal(
            ["/chosen", "/mytmp", "/run/user/1", "/dev/shm", "/var/tmp", "/cache"],
            Paths(("HYDRA_RUNTIME_DIR", "/chosen/"), ("TMPDIR", "/mytmp/"), ("XDG_RUNTIME_DIR", "/run/user/1"), ("XDG_CACHE_HOME", "/cache"), ("HOME", "/")));

    [PosixFact]
    public void All_HomeWithoutCache_GivesTheCacheInIt() => Assert.Equal("/.cache", Paths(("HOME", "/"))[^1]);

    [PosixFact]
    public void All_HomeMissing_IsLeftOut() => Assert.Equal("/var/tmp", Paths(("HOME", "/nonexistent"))[^1]);

    [PosixFact]
    public void All_RelativeOrTwice_IsLeftOut() => Assert.Equal(["/dev/shm", "/tmp", "/var/tmp"], Paths(("HYDRA_RUNTIME_DIR", "/dev/shm"), ("TMPDIR", "relative")));

    private static string[] Paths(params (string Name, string Value)[] environment)
        => [.. PrivatePlaces.All(environment.ToDictionary(v => v.Name, v => v.Value), isWindows: false).Select(place => place.Path)];
}
