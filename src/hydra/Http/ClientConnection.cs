using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Hydra.Http;

/// <summary>
/// What all requests of a client's connection share: who is at both ends, and who is to hear when it closes. Made by
/// <see cref="ClientConnectionMiddleware"/> when the connection opens. What differs from request to request is in its
/// <see cref="RequestContext"/>, of which a connection has one (HTTP/1) or many at a time.
/// </summary>
internal sealed class ClientConnection : IPeerSink, IQuickAnswers, IDisposable
{
    // Hydra's own transport has it among its options; nothing else decides it.
    private static readonly TimeSpan HalfCloseGrace = new TransportOptions().HalfCloseGrace;

    private const long ExcessiveLoad = 0x107;

    private readonly BaseConnectionContext _context;

    // Its bytes; null where streams have bytes of their own.
    private readonly ConnectionContext? _bytes;

    // Streams that the client may give up; null where its frames are counted.
    private readonly FrameBudget? _resets;

    // What looks at what comes; null where heads are not sent as text.
    private readonly HeadCapture? _capture;

    // What answers before Kestrel; null where nobody does.
    private readonly QuickAnswers? _quick;

    // What a proxy says of its only request; null where it speaks HTTP.
    private readonly UwsgiRequest? _uwsgi;

    // What tells its ends apart; null where the transport does.
    private readonly SocketEnding? _ending;
    private RequestFacts? _facts;
    private RequestFacts? _olderFacts;
    private volatile HttpExchange? _current;
    private volatile bool _readsAhead;
    private volatile bool _isClosed;

    // Requests that have begun.
    private int _requests;

    // When the request that is watched came, in milliseconds of Environment.TickCount64.
    private long _watchedSince;
    private int _running;
    private bool _abortsInOrder;
    private bool _isFlooded;

    /// <summary>Describes a connection that has just opened.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="isMultiplexed">Whether it carries many requests at a time, as HTTP/2 does.</param>
    /// <param name="handler">What handles its requests.</param>
    /// <param name="limitField">Bytes that a line of a single header field may have; 0 for no bound of its own.</param>
    /// <param name="memory">What the heads of all connections may have in memory; null for no bound.</param>
    /// <param name="quick">What may answer its requests before they come to the handler; null for nobody.</param>
    public ClientConnection(
        ConnectionContext context, bool isMultiplexed, RequestHandler handler, int limitField = 0, MemoryBudget? memory = null,
        QuickAnswers? quick = null)
    {
        _context = _bytes = context;
        IsMultiplexed = isMultiplexed;
        Handler = handler;
        ILoopFeature? loop = context.Features.Get<ILoopFeature>();
        bool isOnLoop = loop is not null && context.Transport == loop;
        Loop = isOnLoop ? loop!.Loop.Index : 0;
        _uwsgi = isOnLoop ? null : context.Features.Get<UwsgiRequest>();

        if (isMultiplexed)
        {
            return;
        }

        _quick = isOnLoop ? quick : null;
        _capture = new HeadCapture(context.LocalEndPoint is UnixDomainSocketEndPoint, limitField, memory) { Answers = _quick is null ? null : this };
        if (isOnLoop)
        {
            loop!.Capture = _capture;
        }
        else
        {
            context.Transport = new DuplexPipe(new CapturingReader(context.Transport.Input, _capture), context.Transport.Output);
            _ending = new SocketEnding(context, this, HalfCloseGrace);
        }

        context.ConnectionClosed.UnsafeRegister(static state => ((ClientConnection)state!).OnClosed(), this);
    }

    /// <summary>Describes a connection of HTTP/3 that has just opened.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="handler">What handles its requests.</param>
    /// <param name="resets">Requests that the client may give up before their end.</param>
    public ClientConnection(MultiplexedConnectionContext context, RequestHandler handler, FrameBudget resets)
    {
        _context = context;
        _resets = resets;
        IsMultiplexed = true;
        Handler = handler;
    }

    /// <summary>The connection's bytes, for who speaks another protocol than HTTP on it. HTTP/3 has none.</summary>
    public IDuplexPipe Transport => _bytes!.Transport;

    /// <summary>The windows of its streams; null where requests do not share the connection, or share it otherwise than in HTTP/2.</summary>
    public StreamWindows? Windows { get; set; }

    /// <summary>Requests that it may have; 0 for any number.</summary>
    public int LimitRequests { get; init; }

    /// <summary>Told that the client has given up too many requests; null for nobody.</summary>
    public Action? Flooded { get; init; }

    /// <summary>Whether an answer that is about to begin ends its connection, because the server stops; null where it does not ask. Counts those that do.</summary>
    public Func<bool>? Ends { get; init; }

    /// <summary>
    /// Whether the answer that is about to begin is the last one of its connection: as many requests have begun as it may have, or the server stops. To be asked
    /// once for each.
    /// </summary>
    public bool EndsWithAnswer() => IsUsedUp || Ends?.Invoke() == true;

    /// <summary>Whether the request that has begun is the last one that it may have.</summary>
    public bool IsUsedUp => LimitRequests > 0 && Volatile.Read(ref _requests) >= LimitRequests;

    /// <summary>The address of the client, or of the proxy that is connected in its place.</summary>
    public EndPoint? Peer => _context.RemoteEndPoint;

    /// <summary>The address of the server.</summary>
    public EndPoint? Local => _context.LocalEndPoint;

    /// <summary>What the doubtful fields of the request before have come to; null before the first that had some. Any thread: it is swapped.</summary>
    public DoubtfulFields? Doubtful { get; set; }

    /// <summary>Whether no request runs on a connection that carries many at a time. Any thread.</summary>
    public bool IsIdle => Volatile.Read(ref _running) == 0;

    long IQuickAnswers.LongestSilence => _quick!.LongestSilence;

    /// <summary>What handles its requests.</summary>
    public RequestHandler Handler { get; }

    /// <summary>Whether it carries many requests at a time. Then each has a lifetime of its own, and no head in text.</summary>
    public bool IsMultiplexed { get; }

    /// <summary>Whether it is one of HTTP/3.</summary>
    public bool IsQuic => _bytes is null;

    /// <summary>The event loop that serves this connection; 0 where there is only one.</summary>
    public int Loop { get; }

    /// <summary>
    /// The id of the worker that served it last, for which its next request is: applications keep sessions in memory. 0 before the first.
    /// A number, so that an idle connection keeps nothing of a worker that has gone. Any thread.
    /// </summary>
    public int LastWorker { get; set; }

    /// <summary>The head of the request that begins, as the client sent it; null where heads are not sent as text.</summary>
    public CapturedHead? Head => _capture?.Head;

    /// <summary>Where Kestrel writes to the client, for what it cannot say itself; null where requests share the connection.</summary>
    public PipeWriter? Output => IsMultiplexed ? null : Transport.Output;

    /// <summary>What is wrong with what the client has sent, for which the connection is refused; null as long as it was not.</summary>
    public string? FaultText => _capture is { Fault: not HeadFault.None and var fault } ? HeadCapture.Describe(fault) : null;

    /// <summary>The failure that this is; none as long as nothing was refused.</summary>
    public Failure Fault => FailureRules.OfFault(_capture?.Fault ?? HeadFault.None);

    /// <summary>The version that the client has spoken to a proxy, such as HTTP/2, where that is not what the request line says; else null.</summary>
    public string? ClientProtocol => _uwsgi?.Protocol;

    /// <summary>What is true of its requests.</summary>
    /// <param name="protocol">As Kestrel names it, such as HTTP/1.1.</param>
    public RequestFacts FactsFor(string protocol)
    {
        string version = _uwsgi?.HttpVersion ?? VersionOf(protocol);
        RequestFacts? facts = _facts;
        if (facts is null || facts.HttpVersion != version)
        {
            facts = _olderFacts is { } older && older.HttpVersion == version ? older : MakeFacts(version);
            (_facts, _olderFacts) = (facts, _facts);
        }

        return facts;
    }

    /// <summary>The head of the request that begins was used.</summary>
    public void OnHeadRead() => _capture?.Release();

    /// <summary>The connection is over.</summary>
    public void Dispose()
    {
        OnHeadRead();
        _ending?.Dispose();
    }

    /// <summary>A request begins.</summary>
    public void OnRequestBegins()
    {
        if (_abortsInOrder)
        {
            SetAbortsInOrder(false);
        }

        if (IsMultiplexed)
        {
            Interlocked.Increment(ref _running);
        }

        if (LimitRequests > 0 && Interlocked.Increment(ref _requests) == LimitRequests && IsMultiplexed)
        {
            // GOAWAY (RFC 9113, section 6.8): what has begun goes on.
            _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>
    /// Should the connection be aborted before its next request, it is to end in order, so that the client gets what was sent. Only where the
    /// loop transport serves it.
    /// </summary>
    /// <returns>Whether it does.</returns>
    public bool AbortInOrder() => SetAbortsInOrder(true);

    /// <summary>
    /// The body of the request that begins is read before a worker gets it: a server that stops waits for it as for any other. There is nobody
    /// yet who is to hear when the client leaves; the reader does.
    /// </summary>
    public void OnReadAhead() => _readsAhead = true;

    /// <summary>The connection speaks another protocol from now on.</summary>
    public void OnUpgraded() => _capture?.Stop();

    /// <summary>
    /// The client has given up one of the requests that share this connection. Where nobody counts frames this is what bounds who begins requests only to give them up,
    /// which costs the client nothing (CVE-2023-44487); the connection ends with H3_EXCESSIVE_LOAD (RFC 9114, section 8.1). Any thread.
    /// </summary>
    public void OnStreamGone()
    {
        if (_resets is null || _context.ConnectionClosed.IsCancellationRequested)
        {
            return;
        }

        bool isFlood;
        lock (_resets)
        {
            isFlood = !_isFlooded && !_resets.TryTake();
            _isFlooded |= isFlood;
        }

        if (isFlood)
        {
            _context.Features.Get<IProtocolErrorCodeFeature>()?.Error = ExcessiveLoad;
            Flooded?.Invoke();
            _context.Abort();
        }
    }

    /// <summary>Names the exchange that is to hear when the client leaves: that of the only request.</summary>
    public void Watch(HttpExchange exchange)
    {
        _watchedSince = Environment.TickCount64;
        _current = exchange;
        if (_isClosed)
        {
            exchange.OnClientGone();
        }
    }

    /// <summary>A request is over.</summary>
    public void OnRequestEnds()
    {
        _current = null;
        _readsAhead = false;
        if (IsMultiplexed)
        {
            Interlocked.Decrement(ref _running);
        }
        else
        {
            _capture!.Release();
        }
    }

    /// <summary>Aborts the connection unless a request is being handled on it.</summary>
    public void AbortIfIdle()
    {
        if (_current is null && !_readsAhead && Volatile.Read(ref _running) == 0)
        {
            _context.Abort();
        }
    }

    /// <summary>
    /// The client has closed its sending side. Its request is told of it at once, as of a client that leaves; but one that came together with
    /// the request only says that no other follows, as many a simple client does, and then the application has its time first.
    /// </summary>
    /// <param name="isLong">Whether that time has passed.</param>
    /// <returns>False where the requests have lifetimes of their own.</returns>
    public bool OnPeerFinished(bool isLong)
    {
        if (_current is { } exchange && (isLong || !exchange.IsJustRead(_watchedSince)))
        {
            exchange.OnClientFinished();
        }

        return !IsMultiplexed;
    }

    bool IQuickAnswers.TryAnswer(CapturedHead head, IBufferWriter<byte> output) => _quick!.TryAnswer(this, new QuickRequest(head), output);

    private bool SetAbortsInOrder(bool value)
    {
        if (_context.Features.Get<ILoopFeature>() is not { } loop)
        {
            return false;
        }

        loop.AbortsInOrder = value;
        _abortsInOrder = value;
        return true;
    }

    private void OnClosed()
    {
        _isClosed = true;
        _current?.OnClientGone();
    }

    private RequestFacts MakeFacts(string version)
    {
        (string clientHost, int clientPort) = Split(_context.RemoteEndPoint);
        (string serverHost, int serverPort) = Split(_context.LocalEndPoint);
        if (_uwsgi is not null)
        {
            return new RequestFacts
            {
                Scheme = _uwsgi.Scheme,
                HttpVersion = version,
                ClientHost = clientHost,
                ClientPort = clientPort,
                ServerHost = _uwsgi.ServerHost.Length > 0 ? _uwsgi.ServerHost : serverHost,
                ServerPort = _uwsgi.ServerPort > 0 ? _uwsgi.ServerPort : serverPort,
                OuterPath = _uwsgi.Script.Length > 0 ? _uwsgi.Script : null,
            };
        }

        TlsFacts? tls = TlsFacts.Of(_context);
        return new RequestFacts
        {
            Scheme = tls is null && _context.RemoteEndPoint is not ProxiedEndPoint { IsTls: true } ? "http" : "https",
            Tls = tls,
            HttpVersion = version,
            ClientHost = clientHost,
            ClientPort = clientPort,
            ServerHost = serverHost,
            ServerPort = serverPort,
        };
    }

    private static string VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.0" => "1.0",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        _ => "1.1",
    };

    private static (string Host, int Port) Split(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint ip => (AddressText.Unmapped(ip.Address).ToString(), ip.Port),
        UnixDomainSocketEndPoint unix => (unix.ToString() ?? "", 0),
        _ => ("", 0),
    };
}
