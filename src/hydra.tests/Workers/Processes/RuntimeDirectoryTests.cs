using System.Diagnostics;
using System.Net.Sockets;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class RuntimeDirectoryTests : IDisposable
{
    // A number that no process has.
    private const int DeadProcess = int.MaxValue;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Create_Place_IsPrivateAndCarriesTheProcess()
    {
        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.StartsWith(_directory.At($"hydra-run-{Environment.ProcessId}-"), directory.Path, StringComparison.Ordinal);
        Assert.Null(PrivateDirectory.Check(directory.Path));
        Assert.Equal(Path.Combine(directory.Path, "link.sock"), directory.SocketPath);
    }

    [PosixFact]
    public void Create_Place_CanHaveTheSocket()
    {
        using RuntimeDirectory directory = Created(_directory.Path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        socket.Bind(new UnixDomainSocketEndPoint(directory.SocketPath));

        Assert.True(File.Exists(directory.SocketPath));
    }

    [Fact]
    public void Create_Twice_GivesTwoDirectories()
    {
        using RuntimeDirectory first = Created(_directory.Path);
        using RuntimeDirectory second = Created(_directory.Path);

        Assert.NotEqual(first.Path, second.Path);
        Assert.True(Directory.Exists(first.Path));
    }

    [Fact]
    public void Dispose_Directory_IsDeletedWithWhatIsInIt()
    {
        RuntimeDirectory directory = Created(_directory.Path);
        File.WriteAllText(directory.SocketPath, "");
        directory.Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Create_PathTooLong_TakesTheNextPlace()
    {
        string longPlace = Directory.CreateDirectory(_directory.At(new string('x', 100))).FullName;
        string shortPlace = Directory.CreateDirectory(_directory.At("y")).FullName;

        using RuntimeDirectory directory = Created(longPlace, shortPlace);

        Assert.StartsWith(shortPlace, directory.Path, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(longPlace));
    }

    [LinuxFact]
    public void Create_NoPlace_GivesAnAbstractName()
    {
        RuntimeDirectoryResult result = RuntimeDirectory.Create([new PrivatePlace(_directory.At("nowhere"))], NullLogger.Instance);

        string name = Assert.IsType<RuntimeDirectoryResult.Abstract>(result).Name;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint("\0" + name));
    }

    [Fact]
    public void Create_LeftBehindByADeadServer_IsRemoved()
    {
        string stale = LeftBehind(DeadProcess, withLock: true);

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.False(Directory.Exists(stale));
    }

    [Fact]
    public void Create_LockedByALivingServer_IsKept()
    {
        // As it looks in a container beside, whose process numbers say nothing here.
        string other = LeftBehind(DeadProcess, withLock: false);
        using FileStream held = StaleDirectories.HoldLock(other);

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.True(Directory.Exists(other));
    }

    [Fact]
    public void Create_NumberOfALivingProcess_IsKept()
    {
        using Process parent = Process.GetProcesses().First(process => process.Id != Environment.ProcessId);
        string other = LeftBehind(parent.Id, withLock: true);

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.True(Directory.Exists(other));
    }

    [Fact]
    public void Create_OwnNumberWithoutLockHolder_IsRemoved()
    {
        string stale = LeftBehind(Environment.ProcessId, withLock: true);

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.False(Directory.Exists(stale));
    }

    [Fact]
    public void Create_WithoutLock_IsRemovedWhenItIsOld()
    {
        string young = LeftBehind(DeadProcess, withLock: false);
        string old = LeftBehind(DeadProcess, withLock: false);
        Directory.SetLastWriteTimeUtc(old, DateTime.UtcNow - TimeSpan.FromDays(1));

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.True(Directory.Exists(young));
        Assert.False(Directory.Exists(old));
    }

    [PosixFact]
    public void Create_StaleButOpenToOthers_IsKept()
    {
        string other = LeftBehind(DeadProcess, withLock: true);
        File.SetUnixFileMode(other, (UnixFileMode)0b111_101_101);

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.True(Directory.Exists(other));
    }

    [Theory]
    [InlineData("hydra-run-")]
    [InlineData("hydra-run-x-y")]
    [InlineData("hydra-run-1-2-3")]
    public void Create_OtherNames_AreKept(string name)
    {
        PrivateDirectory.Create(_directory.At(name));

        using RuntimeDirectory directory = Created(_directory.Path);

        Assert.True(Directory.Exists(_directory.At(name)));
    }

    private static RuntimeDirectory Created(params string[] places)
        => Assert.IsType<RuntimeDirectoryResult.Created>(
            RuntimeDirectory.Create([.. places.Select(place => new PrivatePlace(place))], NullLogger.Instance)).Directory;

    private string LeftBehind(int process, bool withLock)
    {
        string path = _directory.At($"hydra-run-{process}-{Guid.NewGuid().ToString("n")[..8]}");
        Assert.Null(PrivateDirectory.Create(path));
        if (withLock)
        {
            StaleDirectories.HoldLock(path).Dispose();
        }

        return path;
    }
}
