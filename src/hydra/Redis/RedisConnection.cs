using System.Net.Security;
using System.Net.Sockets;
using Hydra.Transport;

namespace Hydra.Redis;

/// <summary>A connection that is being made: one question, one answer. One thread.</summary>
/// <param name="socket">Its socket.</param>
/// <param name="secure">What is over it; null for nothing.</param>
internal sealed class RedisConnection(Socket socket, SslStream? secure) : IDisposable
{
    private readonly RespReader _reader = new();
    private readonly Queue<RespValue> _answers = new();
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Its socket, to be used by others.</summary>
    public Socket Socket => socket;

    /// <summary>Whether it is over TLS.</summary>
    public bool IsSecure => secure is not null;

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="RedisException">What comes is no answer.</exception>
    /// <exception cref="IOException">Nothing comes.</exception>
    /// <exception cref="SocketException">Nothing comes.</exception>
    public RespValue Ask(byte[] command)
    {
        if (secure is not null)
        {
            secure.Write(command);
        }
        else
        {
            for (int sent = 0; sent < command.Length;)
            {
                sent += socket.Send(command.AsSpan(sent));
            }
        }

        while (_answers.Count == 0)
        {
            int count = Receive();
            if (count == 0)
            {
                throw new IOException("it has closed the connection");
            }

            if (_reader.Read(_buffer.AsSpan(0, count), _answers.Enqueue) is { } broken)
            {
                throw new RedisException($"what answers there is no Redis ({broken})", isFinal: true);
            }
        }

        return _answers.Dequeue();
    }

    /// <summary>The channel of the connection, where it is over TLS.</summary>
    public LinkChannel? SecureChannel => secure is null ? null : new StreamLinkChannel(secure);

    /// <inheritdoc/>
    public void Dispose()
    {
        secure?.Dispose();
        socket.Dispose();
    }

    private int Receive()
    {
        try
        {
            return secure?.Read(_buffer) ?? socket.Receive(_buffer);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new RedisException("it does not answer");
        }
    }
}
