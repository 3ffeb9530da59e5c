namespace Hydra.Tls;

/// <summary>TLS cannot be spoken as it was asked for.</summary>
/// <param name="message">Why, as a sentence.</param>
internal sealed class TlsException(string message) : Exception(message);
