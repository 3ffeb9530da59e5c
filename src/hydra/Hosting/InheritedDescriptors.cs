using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>The descriptors that options name.</summary>
internal static class InheritedDescriptors
{
    /// <summary>Closes them to the processes that are started from now on: a worker that had one would keep the port open.</summary>
    /// <exception cref="StartException">One of them is not open.</exception>
    public static void Check(IEnumerable<BindAddress> binds)
    {
        foreach (BindAddress.Descriptor bind in binds.OfType<BindAddress.Descriptor>())
        {
            if (OperatingSystem.IsWindows() || LibC.SetCloseOnExec(bind.Number) != 0)
            {
                throw new StartException($"cannot listen on {bind}: no such descriptor was open when the server was started");
            }
        }
    }
}
