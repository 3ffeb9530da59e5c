using Hydra.Topics;
using Hydra.Transport;

namespace Hydra.Redis;

/// <summary>
/// What a front is told by a server that nobody has asked: messages of the channels that it has subscribed to. Any thread; messages come one after the other, in the order in which they were
/// published.
/// </summary>
/// <param name="message">Told of a message: its channel and what it says. Not under the gate; must not block.</param>
internal sealed class RedisSubscriber(Action<byte[], byte[]> message) : ILinkSink
{
    // Names in one command.
    private const int Batch = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], Wanted> _wanted = new(BytesComparer.Instance);
    private RespReader _reader = new();
    private LinkChannel? _channel;
    private string _why = "";

    /// <summary>Told when the channel has closed, with why.</summary>
    public Action<string>? Closed { get; set; }

    /// <summary>Whether there is a server.</summary>
    public bool IsAttached
    {
        get
        {
            lock (_gate)
            {
                return _channel is not null;
            }
        }
    }

    /// <summary>When something has come, in milliseconds of the system's clock.</summary>
    public long HeardAt { get; private set; }

    /// <summary>Wants a channel.</summary>
    /// <param name="name">Its name.</param>
    public void Subscribe(byte[] name)
    {
        lock (_gate)
        {
            if (_wanted.TryGetValue(name, out Wanted? known) && !known.IsLeaving)
            {
                return;
            }

            known ??= _wanted[name] = new Wanted();
            known.IsLeaving = false;
            known.IsConfirmed = false;
            known.Asked += _channel is null ? 0 : 1;
            Write("SUBSCRIBE", [name]);
        }
    }

    /// <summary>Wants it no more.</summary>
    public void Unsubscribe(byte[] name)
    {
        lock (_gate)
        {
            if (!_wanted.TryGetValue(name, out Wanted? known) || known.IsLeaving)
            {
                return;
            }

            // Answers that are on their way are of what was asked before.
            known.IsConfirmed = false;
            known.IsLeaving = known.Asked > 0;
            Write("UNSUBSCRIBE", [name]);
            if (!known.IsLeaving)
            {
                _wanted.Remove(name);
            }
        }
    }

    /// <summary>Whether the server has said that messages come from now on; else <paramref name="then"/> is told once when it does, or false when the connection breaks.</summary>
    public bool IsSubscribed(byte[] name, Action<bool>? then)
    {
        lock (_gate)
        {
            if (!_wanted.TryGetValue(name, out Wanted? known))
            {
                return false;
            }

            if (!known.IsConfirmed && then is not null)
            {
                (known.Waiting ??= []).Add(then);
            }

            return known.IsConfirmed;
        }
    }

    /// <summary>There is a server: it is told of all channels.</summary>
    public void Attach(LinkChannel channel)
    {
        lock (_gate)
        {
            _channel = channel;
            _reader = new RespReader();
            _why = "";
            HeardAt = Environment.TickCount64;
            foreach (KeyValuePair<byte[], Wanted> one in _wanted.Where(static one => one.Value.IsLeaving).ToArray())
            {
                _wanted.Remove(one.Key);
            }

            foreach (byte[][] some in _wanted.Keys.Chunk(Batch))
            {
                Write("SUBSCRIBE", some);
            }

            foreach (Wanted one in _wanted.Values)
            {
                one.IsConfirmed = false;
                one.Asked = 1;
            }
        }

        channel.Start(this);
    }

    /// <summary>Asks whether the server is there yet: <see cref="HeardAt"/> says so.</summary>
    public void Ping()
    {
        lock (_gate)
        {
            Write("PING", []);
        }
    }

    /// <summary>Closes the connection.</summary>
    public void Close(string why)
    {
        LinkChannel? channel;
        lock (_gate)
        {
            _why = why;
            channel = _channel;
        }

        channel?.Close();
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        HeardAt = Environment.TickCount64;
        string? broken = _reader.Read(data, OnValue);
        if (broken is null)
        {
            return data.Length;
        }

        _why = "what it says is not the protocol of Redis: " + broken;
        return -1;
    }

    void ILinkSink.OnClosed(Exception? error)
    {
        List<Action<bool>> told = [];
        lock (_gate)
        {
            _channel = null;
            foreach (Wanted one in _wanted.Values)
            {
                one.IsConfirmed = false;
                one.Asked = 0;
                told.AddRange(one.Waiting ?? []);
                one.Waiting = null;
            }
        }

        told.ForEach(static then => then(false));
        Closed?.Invoke(_why.Length > 0 ? _why : error?.Message ?? "it has closed the connection");
    }

    private void OnValue(RespValue value)
    {
        byte[] name = value[1].Bytes ?? [];
        if (value[0].Bytes is not { } kind)
        {
            return;
        }

        if (kind.AsSpan().SequenceEqual("message"u8))
        {
            message(name, value[2].Bytes ?? []);
        }
        else if (kind.AsSpan().SequenceEqual("subscribe"u8))
        {
            OnSubscribed(name);
        }
    }

    private void OnSubscribed(byte[] name)
    {
        List<Action<bool>>? told;
        bool isWanted;
        lock (_gate)
        {
            if (!_wanted.TryGetValue(name, out Wanted? known) || --known.Asked > 0)
            {
                return;
            }

            known.IsConfirmed = isWanted = !known.IsLeaving;
            if (known.IsLeaving)
            {
                _wanted.Remove(name);
            }

            (told, known.Waiting) = (known.Waiting, null);
        }

        told?.ForEach(then => then(isWanted));
    }

    private void Write(string command, byte[][] names)
    {
        if (_channel is null)
        {
            return;
        }

        var writer = new RespWriter().Add(command);
        foreach (byte[] name in names)
        {
            writer.Add(name);
        }

        lock (_channel.Gate)
        {
            _channel.Output.Write(RespWriter.Head(writer.Arguments));
            _channel.Output.Write(writer.ToArray());
            _channel.FlushSoon();
        }
    }

    private sealed class Wanted
    {
        // Subscriptions that have no answer yet.
        public int Asked { get; set; }

        public bool IsConfirmed { get; set; }

        public bool IsLeaving { get; set; }

        public List<Action<bool>>? Waiting { get; set; }
    }
}
