using System.Net.Sockets;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>The workers' socket when its file goes away.</summary>
public sealed class LinkAddressTests : IDisposable
{
    private readonly TemporaryDirectory _place = new();
    private readonly RuntimeDirectory _directory;
    private readonly LinkAddress _address;

    public LinkAddressTests()
    {
        _directory = Assert.IsType<RuntimeDirectoryResult.Created>(
            RuntimeDirectory.Create([new PrivatePlace(_place.Path, IsChosen: true, IsMade: true)], NullLogger.Instance)).Directory;
        _address = LinkAddress.ListenUnix(_directory.SocketPath, _directory.Restore);
    }

    public void Dispose()
    {
        _address.Dispose();
        _directory.Dispose();
        _place.Dispose();
    }

    [PosixFact]
    public void Restore_NothingMissing_DoesNothing() => Assert.False(_address.Restore());

    [PosixTheory]
    [InlineData("the socket")]
    [InlineData("its directory")]
    [InlineData("the whole place")]
    public async Task Restore_Removed_AcceptsAgainAtTheSameAddress(string what)
    {
        string text = _address.Text;
        for (int time = 0; time < 3; time++)
        {
            Task<Socket> accepting = _address.AcceptAsync(CancellationToken.None).AsTask();
            Remove(what);

            Assert.True(_address.Restore());
            using var worker = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await worker.ConnectAsync(new UnixDomainSocketEndPoint(_directory.SocketPath));
            using Socket accepted = await accepting;
            Assert.True(accepted.Connected);
            Assert.Equal(text, _address.Text);
            Assert.Null(PrivateDirectory.Check(_directory.Path));
            Assert.False(_address.Restore());
        }
    }

    [PosixFact]
    public void Restore_SomebodyElsesDirectoryInItsPlace_Fails()
    {
        Directory.Delete(_directory.Path, recursive: true);
        File.WriteAllText(_directory.Path, "");

        Assert.Throws<IOException>(() => _address.Restore());
        File.Delete(_directory.Path);
    }

    [PosixFact]
    public async Task Dispose_WhileAccepting_EndsIt()
    {
        Task<Socket> accepting = _address.AcceptAsync(CancellationToken.None).AsTask();

        _address.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => accepting);
    }

    private void Remove(string what)
    {
        switch (what)
        {
            case "the socket":
                File.Delete(_directory.SocketPath);
                break;
            case "its directory":
                Directory.Delete(_directory.Path, recursive: true);
                break;
            default:
                Directory.Delete(_place.Path, recursive: true);
                break;
        }
    }
}
