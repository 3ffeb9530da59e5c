using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>How much may be under way for one request, each way, and what happens to it when its worker dies.</summary>
/// <param name="RequestWindow">Bytes of a request's body that a worker's application has not taken yet.</param>
/// <param name="ResponseWindow">Bytes of a response's body that the client has not taken yet.</param>
/// <param name="Retry">Which requests are sent to another worker then.</param>
internal sealed record ForwarderOptions(
    int RequestWindow = 256 * 1024, int ResponseWindow = 256 * 1024, RetryMode Retry = RetryMode.Idempotent);
