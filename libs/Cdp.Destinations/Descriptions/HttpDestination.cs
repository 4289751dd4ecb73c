using System.Text;
using System.Text.Json;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Http;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>A destination that is reached over HTTP, as a <see cref="DestinationDescription"/> says.</summary>
public sealed class HttpDestination : Destination
{
    /// <summary>The status of an item whose fields are not valid. Nothing was sent.</summary>
    public const int InvalidItemStatus = 400;

    /// <summary>The status of items that make a request larger than the target takes. Nothing was sent.</summary>
    public const int TooLargeStatus = 413;

    private readonly DestinationSettings _settings;
    private readonly HttpSender _sender;
    private readonly TimeProvider _time;
    private readonly IReadOnlyDictionary<string, string>? _routes;
    private readonly Authenticator _authenticator;
    private readonly Authenticator? _deletionAuthenticator;

    internal HttpDestination(
        DestinationDescription description,
        DestinationSettings settings,
        HttpSender sender,
        TimeProvider time,
        IReadOnlyDictionary<string, string>? routes = null)
    {
        (Description, _settings, _sender, _time, _routes) = (description, settings, sender, time, routes);
        _authenticator = new Authenticator(description.Authentication, settings, sender, time);
        // Its settings may be missing; then no deletion is sent.
        if (description.Deletion?.Authentication is { } other && MissingForDeletion().Count == 0)
        {
            _deletionAuthenticator = new Authenticator(other, settings, sender, time);
        }
    }

    public DestinationDescription Description { get; }

    /// <inheritdoc/>
    public override BatchRule Batch(string action)
    {
        var described = Action(action);
        return described.BatchSetting is { } setting && _settings.Values.Member(setting) is { Kind: DatumKind.Number } items
            ? described.Batch with { Items = (int)items.Number }
            : described.Batch;
    }

    /// <inheritdoc/>
    public override string Preview(IReadOnlyList<DeliveryItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return Preview(Action(items[0].Action), [.. items.Select(RequestItem.Of)]);
    }

    /// <inheritdoc/>
    public override Task<SendResult> SendAsync(IReadOnlyList<DeliveryItem> items, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(items);
        return AttemptAsync(Action(items[0].Action), [.. items.Select(RequestItem.Of)], stopping);
    }

    /// <summary>The requests that <see cref="DeleteAsync"/> would make, as <see cref="Preview(IReadOnlyList{DeliveryItem})"/> shows those of events.</summary>
    /// <param name="subjects">One or more customers, no more than the description's <see cref="DestinationDescription.Deletion"/> allows.</param>
    /// <exception cref="InvalidOperationException">The target has no request for deleting a customer's data.</exception>
    public string PreviewDeletion(IReadOnlyList<DeletionSubject> subjects) => Preview(Deletion.Action, [.. subjects.Select(Item)]);

    /// <summary>Makes one attempt to delete what the target knows about customers.</summary>
    /// <param name="subjects">One or more customers, no more than the description's <see cref="DestinationDescription.Deletion"/> allows.</param>
    /// <param name="stopping">Cancels the attempt.</param>
    /// <returns>For each customer Delivered if the target has accepted the deletion; many targets carry it out later.</returns>
    /// <exception cref="InvalidOperationException">The target has no request for deleting a customer's data.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; it is unknown whether the target accepted the request.</exception>
    public async Task<SendResult> DeleteAsync(IReadOnlyList<DeletionSubject> subjects, CancellationToken stopping)
    {
        var known = subjects.Index().Where(subject => Deletion.Identifiers.Any(subject.Item.Identifiers.ContainsKey)).ToList();
        var results = new DeliveryResult[subjects.Count];
        Array.Fill(results, new DeliveryResult.Refused(
            InvalidItemStatus, $"not sent: {Description.Title} finds a customer only by {string.Join(" or ", Deletion.Identifiers)}"));
        if (MissingForDeletion() is { Count: > 0 } missing)
        {
            var reason = $"not sent: to delete at {Description.Title}, set {string.Join(" and ", missing)}";
            return SendResult.Whole(new DeliveryResult.Refused(InvalidItemStatus, reason), subjects.Count);
        }
        return await SendValidAsync(Deletion.Action, [.. known.Select(subject => (subject.Index, Item(subject.Item)))], results, stopping);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _authenticator.Dispose();
        _deletionAuthenticator?.Dispose();
        _sender.Dispose();
    }

    private DeletionDescription Deletion =>
        Description.Deletion ?? throw new InvalidOperationException($"{Description.Title} has no request for deleting a customer's data");

    // A type with one action needs no name for it.
    private ActionDescription Action(string name)
    {
        if (Description.Actions.TryGetValue(_routes?.GetValueOrDefault(name) ?? name, out var action)) return action;
        return Description.Actions.Count == 1
            ? Description.Actions.Values.First()
            : throw new ArgumentException($"{Description.Type} has no action '{name}'; use {string.Join(", ", Description.Actions.Keys)}", nameof(name));
    }

    private List<string> MissingForDeletion() => [.. (Description.Deletion?.Needs ?? []).Where(setting => _settings.Values.Member(setting).IsNullish)];

    private Authenticator AuthenticatorOf(ActionDescription action) =>
        ReferenceEquals(action, Description.Deletion?.Action) && _deletionAuthenticator is not null ? _deletionAuthenticator : _authenticator;

    private static RequestItem Item(DeletionSubject subject)
    {
        var payload = Datum.Of(JsonSerializer.SerializeToElement(subject.Identifiers));
        return new RequestItem(payload, payload, "", subject.RequestId, subject.RequestId, null);
    }

    // Prepares the payloads. Items whose fields are not valid are refused without being sent.
    private Task<SendResult> AttemptAsync(ActionDescription action, IReadOnlyList<RequestItem> items, CancellationToken stopping)
    {
        var results = new DeliveryResult[items.Count];
        var valid = new List<(int Index, RequestItem Item)>();
        foreach (var (index, item) in items.Index())
        {
            switch (action.Fields?.Prepare(item.Payload))
            {
                case FieldResult.Invalid invalid:
                    var faults = string.Join("; ", invalid.Faults);
                    results[index] = new DeliveryResult.Refused(InvalidItemStatus, $"not sent: {faults}; fix the mapping or the event");
                    break;
                case FieldResult.Prepared prepared:
                    valid.Add((index, item with { Payload = prepared.Payload }));
                    break;
                default:
                    valid.Add((index, item));
                    break;
            }
        }
        return SendValidAsync(action, valid, results, stopping);
    }

    private async Task<SendResult> SendValidAsync(
        ActionDescription action, List<(int Index, RequestItem Item)> valid, DeliveryResult[] results, CancellationToken stopping)
    {
        if (action.MaxItem < int.MaxValue) RefuseLarge(action, valid, results);
        if (valid.Count == 0) return SendResult.PerItem(results);
        var sent = await SendAsync(action, [.. valid.Select(item => item.Item)], stopping);
        if (valid.Count == results.Length) return sent;
        foreach (var (result, (index, _)) in sent.Items.Zip(valid))
        {
            // A refusal of the whole request says nothing about its single items: they are tried again, without those that were not sent.
            results[index] = sent.IsWhole && valid.Count > 1 && result is DeliveryResult.Refused refused
                ? new DeliveryResult.Retry(refused.Status, refused.Reason, TimeSpan.Zero)
                : result;
        }
        return SendResult.PerItem(results);
    }

    private void RefuseLarge(ActionDescription action, List<(int Index, RequestItem Item)> valid, DeliveryResult[] results)
    {
        if (valid.Count == 0 || action.Request is null) return;
        var built = RequestBuilder.Build(action.Request, _settings.Values, [.. valid.Select(item => item.Item)], null, _time.GetUtcNow());
        var sizes = built.Items.Select(item => RequestBuilder.Json(item).Length).ToList();
        for (var i = valid.Count - 1; i >= 0; i--)
        {
            if (sizes[i] <= action.MaxItem) continue;
            results[valid[i].Index] = new DeliveryResult.Refused(
                TooLargeStatus, $"not sent: the item has {sizes[i]} bytes, and {Description.Title} takes at most {action.MaxItem}; map fewer fields");
            valid.RemoveAt(i);
        }
    }

    private async Task<SendResult> SendAsync(ActionDescription action, IReadOnlyList<RequestItem> items, CancellationToken stopping)
    {
        var authenticator = AuthenticatorOf(action);
        var token = authenticator.Tokens is null ? default : await authenticator.Tokens.GetAsync(stopping);
        if (token.Failure is { } failure) return SendResult.Whole(failure, items.Count);
        var secrets = authenticator.WithToken(token.Value);
        string? found = null;
        if (action.Lookup is { } lookup)
        {
            var (response, failed) = await ExchangeAsync(action, Build(lookup.Request, items, null), token.Value, secrets, items.Count, stopping);
            if (failed is not null) return failed;
            if (!HttpStatus.IsSuccess(response!.Status) && response.Status != 404)
            {
                return action.Responses.Interpret(response, [default], secrets, _time.GetUtcNow());
            }
            found = ResponseRules.Parse(response) is { } json ? lookup.Found.Text(json) : null;
            // There is nothing to do for what the target does not have.
            if (found is null && action.Request is null) return SendResult.Whole(new DeliveryResult.Delivered(response.Status), items.Count);
        }
        var built = Build(found is null ? action.Request! : action.RequestIfFound!, items, found);
        var (answer, unsent) = await ExchangeAsync(action, built, token.Value, secrets, items.Count, stopping);
        return unsent ?? action.Responses.Interpret(answer!, built.Items, secrets, _time.GetUtcNow());
    }

    private BuiltRequest Build(RequestTemplate template, IReadOnlyList<RequestItem> items, string? found) =>
        RequestBuilder.Build(template, _settings.Values, items, found, _time.GetUtcNow());

    private async Task<(InboundResponse? Response, SendResult? Failed)> ExchangeAsync(
        ActionDescription action, BuiltRequest built, string? token, Secrets secrets, int items, CancellationToken stopping)
    {
        var authenticator = AuthenticatorOf(action);
        if (built.Body.Length > action.MaxBody)
        {
            var reason = $"not sent: the request has {built.Body.Length} bytes, and {Description.Title} takes at most {action.MaxBody}; map fewer fields";
            return (null, SendResult.Whole(new DeliveryResult.Refused(TooLargeStatus, reason), items));
        }
        if (built.ToOutbound(authenticator.Headers(built.Body.Span, token), out var fault) is not { } request)
        {
            return (null, SendResult.Whole(new DeliveryResult.Refused(InvalidItemStatus, $"not sent: {fault}"), items));
        }
        switch (await _sender.SendAsync(request, stopping))
        {
            case HttpExchange.Answered { Response: { Status: 401 } response } when token is not null:
                // The token may have been revoked before it expired; another attempt requests one that has not.
                await authenticator.Tokens!.ForgetAsync(token, stopping);
                var refusal = secrets.Reason($"HTTP 401 {Encoding.UTF8.GetString(response.Body.Span)}");
                return (null, SendResult.Whole(new DeliveryResult.Retry(401, refusal), items));
            case HttpExchange.Answered { Response: var response }:
                return (response, null);
            case HttpExchange.Failed { Result: var result }:
                return (null, SendResult.Whole(Masked(result, secrets), items));
            default:
                throw new InvalidOperationException("an exchange is answered or failed");
        }
    }

    private string Preview(ActionDescription action, IReadOnlyList<RequestItem> items)
    {
        var text = new StringBuilder();
        if (action.Lookup is { } lookup) Show("", lookup.Request, null);
        if (action.Lookup is not null && action.Request is not null) Show("If nothing was found:", action.Request, null);
        else if (action.Request is not null) Show("", action.Request, null);
        if (action.RequestIfFound is { } update) Show("If ID was found:", update, "ID");
        return text.ToString();

        void Show(string when, RequestTemplate template, string? found)
        {
            var prepared = items.Select(item =>
                action.Fields?.Prepare(item.Payload) is FieldResult.Prepared { Payload: var payload } ? item with { Payload = payload } : item);
            var built = RequestBuilder.Build(template, _settings.Masked, [.. prepared], found, _time.GetUtcNow());
            if (text.Length > 0) text.Append('\n');
            if (when.Length > 0) text.Append(when).Append('\n');
            text.Append(built.Method).Append(' ').Append(built.Url.Replace("%2A%2A%2A", Secrets.Mask, StringComparison.Ordinal)).Append('\n');
            foreach (var (name, value) in built.Headers.Concat(AuthenticatorOf(action).MaskedHeaders())) text.Append($"{name}: {value}\n");
            if (built.Body.Length > 0) text.Append('\n').Append(Encoding.UTF8.GetString(built.Body.Span)).Append('\n');
        }
    }

    private static DeliveryResult Masked(DeliveryResult result, Secrets secrets) => result switch
    {
        DeliveryResult.Retry retry => retry with { Reason = secrets.Reason(retry.Reason) },
        DeliveryResult.Refused refused => refused with { Reason = secrets.Reason(refused.Reason) },
        DeliveryResult.Unreachable unreachable => unreachable with { Reason = secrets.Reason(unreachable.Reason) },
        _ => result,
    };
}
