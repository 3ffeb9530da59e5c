using Hydra.Configuration;
using Hydra.State;

namespace Hydra.Hosting;

/// <summary>The shared state of all applications: one store for each, which it keeps also where it is served by several pools.</summary>
internal sealed class StateStores : IDisposable
{
    private readonly Dictionary<(string App, string Directory), StateStore> _stores = [];

    /// <summary>The store of an application.</summary>
    /// <returns>Null where its workers share nothing.</returns>
    public StateStore? Of(ApplicationOptions application)
    {
        if (application.State.Memory == 0)
        {
            return null;
        }

        (string, string) key = (application.App, application.AppDir);
        if (!_stores.TryGetValue(key, out StateStore? store))
        {
            _stores[key] = store = new StateStore(new StateStoreOptions(application.State.Memory, application.State.Evicts));
        }

        return store;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (StateStore store in _stores.Values)
        {
            store.Dispose();
        }
    }
}
