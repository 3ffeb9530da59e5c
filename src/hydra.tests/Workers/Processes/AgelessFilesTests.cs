using System.Net.Sockets;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class AgelessFilesTests
{
    [Fact]
    public void Touch_DirectoryWithASocket_MakesAllOfItYoung()
    {
        using var directory = new TemporaryDirectory();
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string path = Path.Combine(directory.Path, "s");
        socket.Bind(new UnixDomainSocketEndPoint(path));
        string inner = Directory.CreateDirectory(Path.Combine(directory.Path, "d")).FullName;
        string file = Path.Combine(inner, "f");
        File.WriteAllText(file, "");
        string[] all = [path, inner, file, directory.Path];
        Array.ForEach(all, name => File.SetLastAccessTimeUtc(name, old));

        AgelessFiles.Touch(directory.Path);

        Assert.All(all, name => Assert.True(File.GetLastAccessTimeUtc(name) > old));
    }

    [Fact]
    public void Touch_DirectoryThatIsGone_IsNoError() => AgelessFiles.Touch(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n")));
}
