using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Links on an event loop: whole frames whatever the pieces, one send a tick, and every way to end.</summary>
public sealed class LoopLinkChannelTests : IDisposable
{
    private readonly ErrorRecorder _log = new();
    private readonly EventLoop? _loop;

    public LoopLinkChannelTests()
    {
        if (OperatingSystem.IsLinux())
        {
            _loop = new EventLoop(0, _log);
            _loop.Start();
        }
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _log.AssertNoErrors();
        _log.Dispose();
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frames_OfAllSizes_AreEchoedWhole(bool tcp)
    {
        (LoopLinkChannel channel, Sink sink, Socket theirs) = Open(tcp);
        using Socket _ = theirs;
        sink.OnFrame = frame => Send(channel, frame);
        byte[][] frames = [.. Enumerable.Range(0, 200).Select(i => RandomNumberGenerator.GetBytes(i * i * 6)), new byte[256 * 1024 - 4]];

        Task sending = Task.Run(async () =>
        {
            foreach (byte[] frame in frames)
            {
                await SendAsync(theirs, Frame(frame));
            }
        });

        using RawClient reader = RawClient.Wrap(theirs);
        foreach (byte[] frame in frames)
        {
            Bytes.AssertEqual(frame, await ReceiveAsync(reader));
        }

        await sending;
    }

    [LinuxFact]
    public async Task Frame_SplitAtEveryByte_ArrivesWhole()
    {
        (LoopLinkChannel channel, Sink sink, Socket theirs) = Open();
        using Socket _ = theirs;
        using RawClient reader = RawClient.Wrap(theirs);
        sink.OnFrame = frame => Send(channel, frame);
        byte[] stream = [.. Frame("first"u8.ToArray()), .. Frame("second frame"u8.ToArray())];

        for (int split = 1; split < stream.Length; split++)
        {
            int calls = sink.Calls;
            await SendAsync(theirs, stream.AsMemory(0, split));
            await Until.True(() => sink.Calls > calls, "the first piece has arrived");
            await SendAsync(theirs, stream.AsMemory(split));

            Assert.Equal("first"u8.ToArray(), await ReceiveAsync(reader));
            Assert.Equal("second frame"u8.ToArray(), await ReceiveAsync(reader));
        }
    }

    [LinuxFact]
    public async Task Writes_FromManyThreads_ArriveWholeAndInTheOrderOfEach()
    {
        const int threads = 8;
        const int each = 3000;
        (LoopLinkChannel channel, Sink _, Socket theirs) = Open();
        using RawClient reader = RawClient.Wrap(theirs);

        Task writing = Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                byte[] frame = new byte[8 + (i % 300)];
                BinaryPrimitives.WriteInt32LittleEndian(frame, thread);
                BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), i);
                Send(channel, frame);
            }
        })));

        int[] next = new int[threads];
        for (int i = 0; i < threads * each; i++)
        {
            byte[] frame = await ReceiveAsync(reader);
            int thread = BinaryPrimitives.ReadInt32LittleEndian(frame);
            Assert.Equal(next[thread]++, BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(4)));
        }

        await writing;
    }

    [LinuxFact]
    public async Task Write_PeerDoesNotRead_TheRestIsSentWhenItDoes()
    {
        (LoopLinkChannel channel, Sink _, Socket theirs) = Open();
        using RawClient reader = RawClient.Wrap(theirs);
        byte[] frame = RandomNumberGenerator.GetBytes(200_000);
        for (int i = 0; i < 100; i++)
        {
            Send(channel, frame);
        }

        for (int i = 0; i < 100; i++)
        {
            Bytes.AssertEqual(frame, await ReceiveAsync(reader));
        }
    }

    [LinuxFact]
    public async Task Writes_InOneTick_LeaveInOneSend()
    {
        (LoopLinkChannel channel, Sink sink, Socket theirs) = Open();
        using Socket _ = theirs;
        sink.OnFrame = _ =>
        {
            for (int i = 0; i < 50; i++)
            {
                Send(channel, "x"u8.ToArray());
            }
        };
        await SendAsync(theirs, Frame("go"u8.ToArray()));

        // A stream socket gives whatever one send put in, if nobody has read in between.
        byte[] buffer = new byte[10_000];
        Assert.Equal(50 * 5, await theirs.ReceiveAsync(buffer));
    }

    [LinuxFact]
    public async Task Peer_Closes_SinkHearsItOnceAfterTheLastFrame()
    {
        (LoopLinkChannel _, Sink sink, Socket theirs) = Open();
        List<int> frames = [];
        sink.OnFrame = f => frames.Add(f.Length);
        await SendAsync(theirs, (byte[])[.. Frame(new byte[10]), .. Frame(new byte[300_000])]);

        theirs.Dispose();

        Assert.Null(await sink.Closed);
        Assert.Equal([10, 300_000], frames);
    }

    [LinuxFact]
    public async Task Peer_Resets_SinkHearsTheError()
    {
        (LoopLinkChannel _, Sink sink, Socket theirs) = Open(tcp: true);

        theirs.Close(0);

        Assert.IsType<SocketException>(await sink.Closed);
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Close_FromAnyThread_EndsBothSides(bool onLoop)
    {
        (LoopLinkChannel channel, Sink sink, Socket theirs) = Open();
        using RawClient reader = RawClient.Wrap(theirs);
        if (onLoop)
        {
            sink.OnFrame = _ => channel.Close();
            await SendAsync(theirs, Frame("close"u8.ToArray()));
        }
        else
        {
            channel.Close();
            channel.Close();
        }

        Assert.Null(await sink.Closed);
        Assert.Empty(await reader.ReadToEndAsync());
        Assert.Equal(1, sink.Closings);
    }

    [LinuxFact]
    public async Task Close_BeforeTheStart_IsToldOnceItIsStarted()
    {
        (Socket ours, Socket theirs) = LinkPair.Create();
        using RawClient reader = RawClient.Wrap(theirs);
        var channel = new LoopLinkChannel(ours, _loop!);
        channel.Close();
        Assert.Empty(await reader.ReadToEndAsync());
        var sink = new Sink();
        channel.Start(sink);

        Assert.Null(await sink.Closed);
        Assert.Equal(1, sink.Closings);
    }

    [LinuxFact]
    public async Task Sink_RefusesTheBytes_ChannelCloses()
    {
        (LoopLinkChannel _, Sink sink, Socket theirs) = Open();
        using RawClient reader = RawClient.Wrap(theirs);
        sink.Refuse = true;

        await SendAsync(theirs, Frame("bad"u8.ToArray()));

        Assert.Null(await sink.Closed);
        Assert.Empty(await reader.ReadToEndAsync());
    }

    private (LoopLinkChannel Channel, Sink Sink, Socket Theirs) Open(bool tcp = false)
    {
        (Socket ours, Socket theirs) = LinkPair.Create(tcp);
        var channel = new LoopLinkChannel(ours, _loop!);
        var sink = new Sink();
        channel.Start(sink);
        return (channel, sink, theirs);
    }

    private static byte[] Frame(byte[] payload)
    {
        byte[] frame = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        payload.CopyTo(frame, 4);
        return frame;
    }

    private static void Send(LoopLinkChannel channel, byte[] payload)
    {
        lock (channel.Gate)
        {
            channel.Output.Write(Frame(payload));
            channel.FlushSoon();
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
        {
            data = data[await socket.SendAsync(data)..];
        }
    }

    private static async Task<byte[]> ReceiveAsync(RawClient reader)
    {
        byte[] length = new byte[4];
        await reader.ReadExactlyAsync(length);
        byte[] payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        await reader.ReadExactlyAsync(payload);
        return payload;
    }

    private sealed class Sink : ILinkSink
    {
        private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Action<byte[]>? OnFrame { get; set; }

        public bool Refuse { get; set; }

        public int Calls { get; private set; }

        public int Closings { get; private set; }

        public Task<Exception?> Closed => _closed.Task;

        public int OnBytes(ReadOnlySpan<byte> data)
        {
            int consumed = 0;
            while (data.Length - consumed >= 4)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(data[consumed..]);
                if (data.Length - consumed - 4 < length)
                {
                    break;
                }

                OnFrame?.Invoke(data.Slice(consumed + 4, length).ToArray());
                consumed += 4 + length;
            }

            Calls++;
            return Refuse ? -1 : consumed;
        }

        public void OnClosed(Exception? error)
        {
            Closings++;
            _closed.TrySetResult(error);
        }
    }
}
