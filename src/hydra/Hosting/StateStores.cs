using System.ComponentModel;
using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.State;
using Hydra.Transport;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The shared state of all applications: one store for each, which it keeps also where it is served by several pools. In an upgrade it comes from the
/// server before this one, and goes to the one after it.
/// </summary>
internal sealed class StateStores : IDisposable
{
    // It is a matter of milliseconds, unless the other hangs.
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string App, string Directory), IStateStore> _stores = [];
    private readonly StatePredecessor? _predecessor;
    private readonly ILogger _logger;
    private StateSuccessor? _successor;

    /// <summary>Makes none yet.</summary>
    /// <param name="inherited">What the server before this one has passed on; null where there was none.</param>
    /// <param name="logger">Where to say what was lost.</param>
    public StateStores(Inheritance? inherited, ILogger logger)
    {
        _logger = logger;
        if (inherited?.State is { } link)
        {
            _ = Primitives.LibC.SetCloseOnExec(link);
            var socket = new Socket(new SafeSocketHandle(link, ownsHandle: true));
            if (inherited.StateVersion == SuccessionLink.Version)
            {
                _predecessor = new StatePredecessor(new SocketLinkChannel(socket), logger);
            }
            else
            {
                HostingLog.StateOfAnotherVersion(logger);
                socket.Dispose();
            }
        }
    }

    /// <summary>The store of an application.</summary>
    /// <returns>Null where its workers share nothing.</returns>
    public IStateStore? Of(ApplicationOptions application)
    {
        if (application.State.Memory == 0)
        {
            return null;
        }

        (string, string) key = (application.App, application.AppDir);
        if (!_stores.TryGetValue(key, out IStateStore? state))
        {
            var store = new StateStore(new StateStoreOptions(
                application.State.Memory, application.State.Evicts, refused => HostingLog.StateFull(_logger, application.App, refused)));
            _stores[key] = state = _predecessor is null ? store : _predecessor.Open(application.App, application.AppDir, store);
        }

        return state;
    }

    /// <summary>All stores are made.</summary>
    public void Start()
    {
        if (_stores.Count == 0)
        {
            _predecessor?.Close();
        }
        else
        {
            _predecessor?.Start();
        }
    }

    /// <summary>Has the server that is to take this one's place use what is here, from now on.</summary>
    /// <returns>The socket to pass to it; null where there is nothing to be used.</returns>
    public Socket? Offer()
    {
        _successor?.Close();
        _successor = null;
        if (_stores.Count == 0)
        {
            return null;
        }

        try
        {
            (Socket own, Socket passed) = SocketPair.Create();
            _successor = new StateSuccessor(new SocketLinkChannel(own), (app, directory) => _stores.GetValueOrDefault((app, directory)));
            _successor.Start();
            return passed;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"there is no descriptor for the shared state: {e.Message}", e);
        }
    }

    /// <summary>The workers have ended: hands what they have shared to the server that has taken this one's place.</summary>
    public async Task HandOverAsync()
    {
        if (_successor is null)
        {
            return;
        }

        try
        {
            await _successor.HandOverAsync().WaitAsync(HandOverLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            HostingLog.StateNotTaken(_logger, HandOverLimit.TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _successor?.Close();
        _predecessor?.Close();
        foreach (IStateStore store in _stores.Values)
        {
            store.Dispose();
        }
    }
}
