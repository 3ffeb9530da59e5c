using System.IO.Pipelines;

namespace Hydra.Primitives;

/// <summary>A way in and a way out, put together: such as a connection's with another reader in front of what comes.</summary>
/// <param name="Input">What comes.</param>
/// <param name="Output">Where it goes.</param>
internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
