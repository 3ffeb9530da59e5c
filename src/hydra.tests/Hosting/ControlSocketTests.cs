using System.Net.Sockets;
using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Tests.Functional.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class ControlSocketTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "c.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_NothingThere_IsTheOwnersAlone()
    {
        ControlSocket control = Make();
        using Socket socket = control.Open(takesOver: false);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.True(CanConnect());
        control.Remove();
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Open_SocketOfAServerThatWasKilled_IsReplaced()
    {
        Make().Open(takesOver: false).Dispose();
        Assert.True(File.Exists(Path));

        using Socket socket = Make().Open(takesOver: false);
        Assert.True(CanConnect());
    }

    [Fact]
    public void Open_SocketOfAServerThatRuns_IsRefused()
    {
        using Socket socket = Make().Open(takesOver: false);
        StartException refusal = Assert.Throws<StartException>(() => Make().Open(takesOver: false));

        Assert.Contains("is that of a server that is running", refusal.Message, StringComparison.Ordinal);
        Assert.True(CanConnect());
    }

    [Fact]
    public void Open_TakesOver_StandsInThePlaceOfTheOtherWhichLeavesItThere()
    {
        ControlSocket before = Make();
        using Socket old = before.Open(takesOver: false);
        ControlSocket after = Make();
        using Socket now = after.Open(takesOver: true);
        before.Remove();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.True(CanConnect());
        Assert.True(now.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        Assert.False(old.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        after.Remove();
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Open_SomethingElseIsThere_IsRefusedAndLeftAlone()
    {
        File.WriteAllText(Path, "mine");
        StartException refusal = Assert.Throws<StartException>(() => Make().Open(takesOver: false));

        Assert.Contains("is there already, and is no socket", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path));
    }

    [Fact]
    public void Open_SocketOfAnotherUser_IsRefusedAndLeftAlone()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            // Only root can make such a thing.
            return;
        }

        Make().Open(takesOver: false).Dispose();
        Assert.Null(FileOwner.Read("64321", out FileOwner owner));
        owner.Take(Path);
        StartException refusal = Assert.Throws<StartException>(() => Make().Open(takesOver: false));

        Assert.Contains("is another user's (number 64321)", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path));
    }

    [Theory]
    [InlineData("missing/c.sock", "cannot be made at ")]
    [InlineData("ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "is too long for a socket")]
    public void Open_WhereNoneCanBe_SaysWhy(string name, string why)
    {
        StartException refusal = Assert.Throws<StartException>(() => Make(System.IO.Path.Combine(_directory.Path, name)).Open(takesOver: false));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000u, 1000u, true)]
    [InlineData(0u, 1000u, true)]
    [InlineData(1001u, 1000u, false)]
    [InlineData(1001u, 0u, false)]
    [InlineData(null, 1000u, false)]
    public void IsTrusted_PeersUser_IsTheServersOrRoot(uint? peer, uint own, bool expected) => Assert.Equal(expected, PeerUser.IsTrusted(peer, own));

    [Fact]
    public void Of_WhoHasConnected_IsThisUser()
    {
        using Socket listener = Make().Open(takesOver: false);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(Path));
        using Socket accepted = listener.Accept();

        Assert.Equal(LibC.GetEffectiveUser(), PeerUser.Of(accepted));
    }

    private ControlSocket Make(string? path = null) => new(path ?? Path, NullLogger.Instance);

    private bool CanConnect()
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(Path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
