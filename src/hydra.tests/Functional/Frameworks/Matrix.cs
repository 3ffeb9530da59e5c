using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>The ways in which each framework's application is served.</summary>
public static class Matrix
{
    /// <summary>Worker transport and number of workers.</summary>
    public static TheoryData<string, int> All => new()
    {
        { "uds", 1 },
        { "uds", 2 },
        { "tcp", 1 },
        { "tcp", 2 },
    };

    /// <summary>The same twice, for the application's WSGI and its ASGI entry.</summary>
    public static TheoryData<string, string, int> BothInterfaces
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (string entry in new[] { "wsgi", "asgi" })
            {
                foreach (string transport in new[] { "uds", "tcp" })
                {
                    data.Add(entry, transport, 1);
                    data.Add(entry, transport, 2);
                }
            }

            return data;
        }
    }

    /// <summary>How to serve it.</summary>
    public static ServerSpec Spec(string app, string transport, int workers)
        => new(app) { WorkerTransport = transport, Workers = workers };
}
