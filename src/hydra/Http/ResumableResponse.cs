using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>A response that streams, of which another worker may give the rest: what the first one has begun with stays its head.</summary>
/// <param name="resources">Windows, bounds and memory.</param>
internal abstract class ResumableResponse(BodyResources resources) : ResumableExchange(resources)
{
    /// <summary>Whether the request has no body, so that it is whole in its frame. Under the lock.</summary>
    protected abstract bool HasNoBody { get; }

    /// <inheritdoc/>
    /// <remarks>The client has the head already, and is given the rest.</remarks>
    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
        => TryGoOn(id, response, end, out bool isAllowed) ? isAllowed : base.OnResponse(id, response, end);

    /// <inheritdoc/>
    protected override bool IsAtWork => false;

    /// <inheritdoc/>
    protected override StateStatus CheckSave(ExchangeState state)
        => state is ExchangeState.Streaming && (Resumption is not null || HasNoBody) && Response is { TakesMessages: true, HasFile: false }
            ? StateStatus.Done : StateStatus.Refused;

    /// <inheritdoc/>
    protected override bool Acknowledge(long count)
    {
        lock (Lock)
        {
            Response.DropCopy();
            return Resumption is { } own && Environment.TickCount64 - own.ResumedAt > own.Desk.Probation.TotalMilliseconds;
        }
    }

    /// <inheritdoc/>
    protected override long Hold() => 0;

    /// <inheritdoc/>
    protected override bool MayMove() => base.MayMove() && Response is { HasFile: false, MayGoOn: true };

    /// <inheritdoc/>
    protected override void OnMoving() => Response.BeginAgain();

    /// <inheritdoc/>
    protected override void CutOff(WorkerLink link, ulong id) => link.Cancel(id, CancelReason.ClientLeft);

    /// <inheritdoc/>
    protected override void OnMoveFailed(Failure failure, ushort code) => OnBrokenOff(failure, "no other worker goes on with it");

    /// <inheritdoc/>
    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        if (Resumption is not null)
        {
            lock (Lock)
            {
                if (Resumption is { } own && StateOf(id) is ExchangeState.Streaming)
                {
                    own.Sent += (uint)data.Length;
                    own.IsWithin = false;
                }
            }
        }

        return base.OnBody(id, data, end);
    }

    /// <inheritdoc/>
    public override void OnPart(ulong id)
    {
        lock (Lock)
        {
            if (Resumption is { } own && StateOf(id) is ExchangeState.Streaming)
            {
                own.IsWithin = true;
            }
        }
    }

    /// <summary>The head of a response that another worker goes on with: the client has one.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="response">The head, with the first bytes of what follows.</param>
    /// <param name="end">Whether that is all.</param>
    /// <param name="isAllowed">Whether it may come.</param>
    /// <returns>False where it is no such response.</returns>
    private bool TryGoOn(ulong id, in ResponseMessage response, bool end, out bool isAllowed)
    {
        isAllowed = true;
        if (Resumption is not { } own)
        {
            return false;
        }

        string? rule;
        uint more = 0;
        lock (Lock)
        {
            if (!IsMoving || StateOf(id) is not ExchangeState.Sent)
            {
                return false;
            }

            rule = response.Status != Context.Http.Response.StatusCode ? $"it was to go on, and has the status {response.Status} instead of {Context.Http.Response.StatusCode}"
                : ResponseHead.HasLength(response.Headers) ? "it was to go on, and has a Content-Length" : null;
            EndMove();
            Response.Spare(response.Body.Length);
            if (rule is null && Response.TryAdd(response.Body, end, out more, out rule) && rule is null)
            {
                own.Sent += (uint)response.Body.Length;
                if (end)
                {
                    Finish();
                    Response.Settle();
                }
                else
                {
                    Begin(isWhole: false);
                }
            }
            else
            {
                BreakOff(Failure.BadResponse, rule);
            }
        }

        if (rule is not null && !end)
        {
            Link!.Cancel(id, CancelReason.FrontError);
        }

        if (more > 0)
        {
            Link!.SendWindow(id, more);
        }

        LeaveIfDue(id);

        // The handler goes on inside of what comes last, and may begin the next request with this object.
        Answer(ExchangeResult.Streaming);
        if (rule is not null)
        {
            OnBrokenOff(Failure.BadResponse, rule);
        }
        else if (end)
        {
            Response.End(null);
        }
        else
        {
            Response.Flush();
        }

        return true;
    }
}
