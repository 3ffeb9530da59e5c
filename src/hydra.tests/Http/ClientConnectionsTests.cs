using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ClientConnectionsTests
{
    private readonly ClientConnections _connections = new();

    [Fact]
    public void AreNone_AddedAndRemoved_CountsEachOnce()
    {
        ClientConnection first = New(new OpenConnection());
        ClientConnection second = New(new OpenConnection());
        Assert.True(_connections.AreNone);
        _connections.Add(first);
        _connections.Add(first);
        _connections.Add(second);
        _connections.Remove(first);
        Assert.False(_connections.AreNone);
        _connections.Remove(second);
        _connections.Remove(second);
        Assert.True(_connections.AreNone);
    }

    [Fact]
    public void Accepted_ConnectionsWithAndWithoutTls_AreCountedByThat()
    {
        ClientConnection[] all = [.. Enumerable.Range(0, 3).Select(static _ => New(new OpenConnection()))];
        _connections.Add(all[0], isTls: true);
        _connections.Add(all[1], isTls: true);
        _connections.Add(all[2]);
        _connections.Remove(all[0], isTls: true);
        _connections.Remove(all[0], isTls: true);
        _connections.OnHandshakeFailed();

        Assert.Equal((1, 2), (_connections.Open(isTls: true), _connections.Accepted(isTls: true)));
        Assert.Equal((1, 1), (_connections.Open(isTls: false), _connections.Accepted(isTls: false)));
        Assert.Equal(1, _connections.FailedHandshakes);
    }

    [Fact]
    public void AbortIdle_SomeAreBusy_AbortsTheOthersThatAreOpen()
    {
        OpenConnection[] contexts = [new(), new(), new(), new()];
        ClientConnection[] all = [.. contexts.Select(New)];
        Assert.All(all, connection => _connections.Add(connection));
        all[1].OnRequestBegins();
        _connections.Remove(all[2]);
        _connections.AbortIdle();

        Assert.Equal([1, 0, 0, 1], contexts.Select(context => context.Aborts));
        Assert.False(_connections.AreNone);
    }

    private static ClientConnection New(OpenConnection context) => new(context, isMultiplexed: true, _ => Task.CompletedTask);
}
