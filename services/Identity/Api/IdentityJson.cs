using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using cdp;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Api;

/// <summary>The JSON that the endpoints return.</summary>
public static class IdentityJson
{
    // Quotes and letters of every script stay readable, because people read the JSON too. It is never embedded in HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A profile and a page of its history.</summary>
    /// <param name="lookedFor">The identifier in the form in which it was looked up.</param>
    /// <param name="found">The profile that it belongs to.</param>
    public static ReadOnlyMemory<byte> Of(Identifier lookedFor, FoundProfile found) => Write(json =>
    {
        json.WriteString("profile_id", found.Root);
        WriteLookedFor(json, lookedFor);
        WriteArray(json, "identifiers", found.Identifiers, WriteIdentifier);
        WriteArray(json, "decisions", found.History.Decisions, WriteDecision);
        if (found.History.Earlier is { } earlier) json.WriteString("earlier", earlier.ToString());
    });

    /// <summary>The error for an identifier that no decision names.</summary>
    /// <param name="lookedFor">The identifier in the form in which it was looked up.</param>
    /// <param name="implied">The profile id that it implies without any decision.</param>
    /// <param name="types">The identity configuration.</param>
    public static ReadOnlyMemory<byte> NotFound(Identifier lookedFor, string implied, IdentifierTypes types) => Write(json =>
    {
        WriteError(json, "not_found", $"no decision names {lookedFor.type} '{lookedFor.value}'{Explanation(lookedFor, implied, types)}");
        WriteLookedFor(json, lookedFor);
        json.WriteString("profile_id", implied);
    });

    /// <summary>The state of an unmerge request.</summary>
    public static ReadOnlyMemory<byte> Unmerge(string requestId, UnmergeState state) => Write(json =>
    {
        var outcome = state.Outcome;
        json.WriteString("request_id", requestId);
        json.WriteString("status", Status(state));
        if (outcome?.Refusal is { } refusal) WriteError(json, refusal.Code, refusal.Message);
        if (outcome is not { Refusal: null }) return;
        if (state.Failure is { } failure) WriteError(json, "split_failed", SplitFailed(failure));
        json.WriteNumber("sequence", outcome.Sequence);
        json.WriteString("profile_id", outcome.ProfileId);
        json.WriteString("into", outcome.Into);
        if (state.Report is null) return;
        json.WritePropertyName("report");
        json.WriteRawValue(state.Report);
    });

    public static ReadOnlyMemory<byte> Error(string code, string message, IEnumerable<string>? faults = null, string? requestId = null) => Write(json =>
    {
        WriteError(json, code, message, faults);
        if (requestId is not null) json.WriteString("request_id", requestId);
    });

    private static string Explanation(Identifier lookedFor, string implied, IdentifierTypes types)
    {
        if (lookedFor.type != IdentifierTypes.MessageId && types.Find(lookedFor.type) is null)
        {
            return $", and {lookedFor.type} is not a configured type; the types are "
                + string.Join(", ", types.Types.Select(type => type.Name).Append(IdentifierTypes.MessageId));
        }
        if (lookedFor.type != IdentifierTypes.MessageId && types.Blocked.Contains(lookedFor.value))
        {
            var remedy = types.Blocked.IsPlaceholder(lookedFor.value)
                ? "if it is a real identifier here, add it to blocked.allow in the identity configuration"
                : "if it is a real identifier here, remove it from blocked.values or blocked.patterns in the identity configuration";
            return $": the value is blocked, because it identifies nobody, so no event is assigned to it; {remedy}";
        }
        return $": it is linked to no other identifier, and its events, if there are any, belong to profile {implied}";
    }

    private static string SplitFailed(string failure) =>
        $"the identifiers left the profile, but the profiles service could not recompute the two profiles and has given up: {failure}. "
        + "Fix the cause and restart the profiles service, which then tries again";

    private static string Status(UnmergeState state) => state switch
    {
        { Outcome: null } => "pending",
        { Outcome.Refusal: not null } => "refused",
        { Report: not null } => "done",
        { Failure: not null } => "failed",
        _ => "recomputing",
    };

    private static void WriteDecision(Utf8JsonWriter json, IdentityDecision decision)
    {
        json.WriteNumber("sequence", decision.sequence);
        json.WriteString("kind", decision.kind);
        json.WriteString("profile_id", decision.profileId);
        if (decision.into is not null) json.WriteString("into", decision.into);
        WriteArray(json, decision.into is null ? "joined" : "left", decision.identifiers, WriteIdentifier);
        if (decision.into is null)
        {
            json.WriteStartArray("merged");
            foreach (var profile in decision.merged) json.WriteStringValue(profile);
            json.WriteEndArray();
            WriteArray(json, "dropped", decision.dropped, (item, dropped) =>
            {
                WriteIdentifier(item, new Identifier { type = dropped.type, value = dropped.value });
                item.WriteString("reason", dropped.reason);
            });
        }
        if (decision.times > 1) json.WriteNumber("times", decision.times);
        if (decision.basis is not null) json.WriteString("basis", decision.basis);
        if (decision.reason is not null) json.WriteString("reason", decision.reason);
        json.WriteString("message_id", decision.messageId);
        json.WriteString("decided_at", decision.decidedAt);
    }

    private static void WriteLookedFor(Utf8JsonWriter json, Identifier lookedFor)
    {
        json.WriteStartObject("looked_for");
        WriteIdentifier(json, lookedFor);
        json.WriteEndObject();
    }

    private static void WriteIdentifier(Utf8JsonWriter json, Identifier identifier)
    {
        json.WriteString("type", identifier.type);
        json.WriteString("value", identifier.value);
    }

    private static void WriteError(Utf8JsonWriter json, string code, string message, IEnumerable<string>? faults = null)
    {
        json.WriteStartObject("error");
        json.WriteString("code", code);
        json.WriteString("message", message);
        if (faults is not null)
        {
            json.WriteStartArray("faults");
            foreach (var fault in faults) json.WriteStringValue(fault);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> members)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
