using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>A connection's pipes and features without Kestrel.</summary>
public sealed class LoopConnectionTests : IAsyncDisposable
{
    private readonly EventLoopGroup? _group;
    private IConnectionListener? _listener;

    public LoopConnectionTests()
    {
        if (OperatingSystem.IsLinux())
        {
            _group = new EventLoopGroup(new TransportOptions { Loops = 1 }, NullLoggerFactory.Instance);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }

        _group?.Dispose();
    }

    [LinuxFact]
    public async Task Read_PartlyConsumed_IsHandedOutAgainWithWhatFollows()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        PipeReader input = connection.Transport.Input;
        await client.SendAsync("abcdef");
        ReadResult result = await ReadAsync(input, 6);

        input.AdvanceTo(result.Buffer.GetPosition(2), result.Buffer.End);
        Task<ReadResult> next = input.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        await client.SendAsync("gh");
        Assert.Equal("cdefgh", Text(await next));

        // Not examined to the end: the same bytes come at once.
        input.AdvanceTo((await Again(input)).Buffer.GetPosition(1), (await Again(input)).Buffer.GetPosition(2));
        next = input.ReadAsync().AsTask();
        Assert.True(next.IsCompleted);
        Assert.Equal("defgh", Text(await next));
        client.Dispose();
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task Read_BytesThenTheEnd_CompletesOnceAllIsRead()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        await client.SendAsync("bye");
        client.Dispose();
        PipeReader input = connection.Transport.Input;

        ReadResult result = await ReadAsync(input, 3);
        Assert.Equal("bye", Text(result));
        input.AdvanceTo(result.Buffer.End);
        result = await input.ReadAsync();

        Assert.True(result.IsCompleted);
        Assert.True(result.Buffer.IsEmpty);
        await connection.DisposeAsync();
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CancelPendingRead_BeforeOrWhileWaiting_EndsOneRead(bool before)
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        PipeReader input = connection.Transport.Input;
        if (before)
        {
            input.CancelPendingRead();
        }

        Task<ReadResult> reading = input.ReadAsync().AsTask();
        if (!before)
        {
            input.CancelPendingRead();
        }

        Assert.True((await reading).IsCanceled);
        input.AdvanceTo(reading.Result.Buffer.Start);
        await client.SendAsync("x");
        Assert.False((await input.ReadAsync()).IsCanceled);
        client.Dispose();
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task CancelPendingRead_BytesInTheKernel_ComeWithTheCancellation()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        PipeReader input = connection.Transport.Input;
        Task<ReadResult> reading = input.ReadAsync().AsTask();
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        _group!.Loops[0].Post(new Job(() =>
        {
            entered.Set();
            leave.Wait();
        }));
        entered.Wait();

        // The loop has not seen them when the server wants to end the idle connection.
        await client.SendAsync("abc");
        input.CancelPendingRead();
        leave.Set();

        ReadResult result = await reading;
        Assert.True(result.IsCanceled);
        Assert.Equal("abc", Text(result));
        client.Dispose();
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task Read_TokenCancelled_ThrowsAndTheNextReadWorks()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        PipeReader input = connection.Transport.Input;
        using var cancellation = new CancellationTokenSource();
        Task<ReadResult> reading = input.ReadAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await client.SendAsync("x");
        Assert.Equal("x", Text(await input.ReadAsync()));
        client.Dispose();
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task Flush_Waiting_CanBeCancelledBothWaysAndNothingIsLost()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        PipeWriter output = connection.Transport.Output;
        long written = 0;
        Task<FlushResult> flush = Fill();
        output.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);

        using var cancellation = new CancellationTokenSource();
        flush = output.FlushAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);

        flush = output.FlushAsync().AsTask();
        Task<byte[]> reading = client.ReadToEndAsync();
        Assert.False((await flush).IsCanceled);
        await connection.DisposeAsync();
        Assert.Equal(written, (await reading).Length);
        client.Dispose();

        Task<FlushResult> Fill()
        {
            while (true)
            {
                output.Write(new byte[100_000]);
                written += 100_000;
                Assert.Equal(100_000, output.UnflushedBytes);
                ValueTask<FlushResult> task = output.FlushAsync();
                Assert.Equal(0, output.UnflushedBytes);
                if (!task.IsCompleted)
                {
                    return task.AsTask();
                }
            }
        }
    }

    [LinuxFact]
    public async Task Dispose_WithUnsentOutput_SendsItAll()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        byte[] data = new byte[20_000_000];
        Random.Shared.NextBytes(data);
        Task<FlushResult> flush = connection.Transport.Output.WriteAsync(data).AsTask();
        Assert.False(flush.IsCompleted);

        ValueTask disposing = connection.DisposeAsync();
        Assert.False(disposing.IsCompleted);

        Bytes.AssertEqual(data, await client.ReadToEndAsync());
        await flush;
        await disposing;
        client.Dispose();
    }

    [LinuxFact]
    public async Task OutputComplete_ClientSeesTheEnd_AndMayStillSend()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        await connection.Transport.Output.WriteAsync("last words"u8.ToArray());
        await connection.Transport.Output.CompleteAsync();

        Assert.Equal("last words"u8.ToArray(), await client.ReadToEndAsync());
        await client.SendAsync("answer");

        Assert.Equal("answer", Text(await ReadAsync(connection.Transport.Input, 6)));
        client.Dispose();
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task Abort_WhileReadingAndWriting_EndsBoth()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        Task<ReadResult> reading = connection.Transport.Input.ReadAsync().AsTask();
        Task<FlushResult> writing = connection.Transport.Output.WriteAsync(new byte[20_000_000]).AsTask();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(closed.SetResult);

        connection.Abort(new ConnectionAbortedException("on purpose"));

        Assert.Equal("on purpose", (await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading)).Message);
        Assert.True((await writing).IsCompleted);
        Assert.True((await connection.Transport.Output.WriteAsync(new byte[10])).IsCompleted);
        await closed.Task;
        await Assert.ThrowsAnyAsync<SocketException>(client.ReadToEndAsync);
        await connection.DisposeAsync();
        client.Dispose();
    }

    [LinuxFact]
    public async Task Reset_WhileReading_ReadThrowsAndTheTokenFires()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        Task<ReadResult> reading = connection.Transport.Input.ReadAsync().AsTask();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(closed.SetResult);

        client.Reset();

        await Assert.ThrowsAsync<ConnectionResetException>(() => reading);
        await closed.Task;
        await connection.DisposeAsync();
    }

    [LinuxFact]
    public async Task ClosedToken_AskedForAfterTheEnd_IsCancelled()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        await connection.DisposeAsync();

        Assert.True(connection.ConnectionClosed.IsCancellationRequested);
        client.Dispose();
    }

    [LinuxFact]
    public async Task RunInlineOff_WaitsEndOnTheThreadPool()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        ILoopFeature feature = connection.Features.GetRequiredFeature<ILoopFeature>();
        Assert.True(await ContinuesOnLoop());
        feature.RunInline = false;
        Assert.False(await ContinuesOnLoop());
        feature.RunInline = true;
        Assert.True(await ContinuesOnLoop());
        client.Dispose();
        await connection.DisposeAsync();

        async Task<bool> ContinuesOnLoop()
        {
            Task<bool> waiting = WaitAsync();
            await client.SendAsync("x");
            return await waiting;
        }

        async Task<bool> WaitAsync()
        {
            ReadResult result = await connection.Transport.Input.ReadAsync().ConfigureAwait(false);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            return feature.Loop.IsCurrent;
        }
    }

    [LinuxFact]
    public async Task Features_OwnAndPut_AreFoundAndListed()
    {
        (ConnectionContext connection, RawClient client) = await OpenAsync();
        IFeatureCollection features = connection.Features;
        Assert.Same(connection, features.Get<IConnectionIdFeature>());
        Assert.Null(features.Get<IConnectionHeartbeatFeature>());
        int revision = features.Revision;

        var other = new DefaultConnectionContext("other");
        features.Set<IConnectionIdFeature>(other);
        features[typeof(string)] = "text";

        Assert.Same(other, features.Get<IConnectionIdFeature>());
        Assert.Equal("text", features.Get<string>());
        Assert.NotEqual(revision, features.Revision);
        Assert.Equal(8, features.Count());
        features.Set<string>(null);
        Assert.Equal(7, features.Count());
        connection.Items["key"] = 1;
        Assert.Equal(1, features.GetRequiredFeature<IConnectionItemsFeature>().Items["key"]);
        Assert.Equal(13, connection.ConnectionId.Length);
        client.Dispose();
        await connection.DisposeAsync();
    }

    private static string Text(in ReadResult result) => Encoding.ASCII.GetString(result.Buffer);

    private static async Task<ReadResult> Again(PipeReader input)
    {
        // A read that ends with what is there already: nothing was examined.
        input.CancelPendingRead();
        return await input.ReadAsync();
    }

    private static async Task<ReadResult> ReadAsync(PipeReader input, int atLeast)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            if (result.Buffer.Length >= atLeast)
            {
                return result;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private async Task<(ConnectionContext Connection, RawClient Client)> OpenAsync()
    {
        _listener ??= await new LoopTransportFactory(_group!).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        RawClient client = RawClient.Connect(_listener.EndPoint);
        return ((await _listener.AcceptAsync())!, client);
    }

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
