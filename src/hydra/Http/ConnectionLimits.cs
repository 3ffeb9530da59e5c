using System.Net;
using System.Runtime.InteropServices;
using Hydra.Dispatch;
using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>
/// Counts the connections that are open, in all and of each address. Holds as much as there are addresses with connections. Any thread.
/// </summary>
/// <param name="most">As many may be open; 0 for any number.</param>
/// <param name="mostOfOne">As many of one address; 0 for any number. Those of this machine, a proxy's mostly, are not counted so.</param>
/// <param name="others">Peers whose connections are not counted by address either; null for none.</param>
internal sealed class ConnectionLimits(int most, int mostOfOne, PeerList? others = null)
{
    /// <summary>As many may be open; 0 for any number.</summary>
    public int Most => most;

    /// <summary>As many of one address; 0 for any number.</summary>
    public int MostOfOne => mostOfOne;

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerNetwork, int> _ofOne = [];
    private int _open;

    /// <summary>Connections that are open.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open;
            }
        }
    }

    /// <summary>A connection has come.</summary>
    /// <param name="peer">Its other end.</param>
    /// <returns>None, and <see cref="Leave"/> is to be called when it closes; or why it is refused.</returns>
    public Failure Enter(EndPoint? peer)
    {
        lock (_lock)
        {
            if (most > 0 && _open >= most)
            {
                return Failure.TooManyConnections;
            }

            if (NetworkOf(peer) is { } network)
            {
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofOne, network, out _);
                if (count >= mostOfOne)
                {
                    return Failure.TooManyOfOne;
                }

                count++;
            }

            _open++;
            return Failure.None;
        }
    }

    /// <summary>A connection that was let in has closed.</summary>
    public void Leave(EndPoint? peer)
    {
        lock (_lock)
        {
            _open--;
            if (NetworkOf(peer) is { } network && --CollectionsMarshal.GetValueRefOrAddDefault(_ofOne, network, out _) == 0)
            {
                _ofOne.Remove(network);
            }
        }
    }

    private PeerNetwork? NetworkOf(EndPoint? peer)
        => mostOfOne > 0 && peer is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address) && others?.Contains(peer, null) != true ? PeerNetwork.Of(ip.Address) : null;
}
