using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using cdp;
using Cdp.Identity.Linking;

namespace Cdp.Identity.Answering;

/// <summary>What the endpoints answer.</summary>
public static class IdentityJson
{
    // For people as much as for programs: quotes and letters of every script stay as they are. It is never put into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="lookedFor">The identifier in the form that was looked up.</param>
    /// <param name="root">The profile that it belongs to.</param>
    /// <param name="identifiers">All of the profile, best first.</param>
    /// <param name="decisions">Those that led there, in order.</param>
    public static ReadOnlyMemory<byte> Of(Identifier lookedFor, string root, IEnumerable<Identifier> identifiers, IEnumerable<IdentityDecision> decisions) => Write(json =>
    {
        json.WriteString("profile_id", root);
        WriteLookedFor(json, lookedFor);
        WriteArray(json, "identifiers", identifiers, WriteIdentifier);
        WriteArray(json, "decisions", decisions, WriteDecision);
    });

    /// <param name="lookedFor">The identifier in the form that was looked up.</param>
    /// <param name="implied">The profile that it implies by itself.</param>
    /// <param name="types">Those that are configured.</param>
    public static ReadOnlyMemory<byte> NotFound(Identifier lookedFor, string implied, IEnumerable<string> types) => Write(json =>
    {
        WriteError(json, "not_found", types.Contains(lookedFor.type)
            ? $"no decision names {lookedFor.type} '{lookedFor.value}': it is linked to no other identifier, and its events, if there are any, are those of profile {implied}"
            : $"no decision names {lookedFor.type} '{lookedFor.value}', and there is no such type: there are {string.Join(", ", types)}");
        WriteLookedFor(json, lookedFor);
        json.WriteString("profile_id", implied);
    });

    /// <param name="requestId">The request's.</param>
    /// <param name="outcome">Null: the linker has not come to it yet.</param>
    /// <param name="report">What Profiles folded anew, JSON; null: not done yet.</param>
    public static ReadOnlyMemory<byte> Unmerge(string requestId, UnlinkOutcome? outcome, string? report) => Write(json =>
    {
        json.WriteString("request_id", requestId);
        json.WriteString("status", Status(outcome, report));
        if (outcome?.Refusal is { } refusal) WriteError(json, refusal.Code, refusal.Message);
        if (outcome is not { Refusal: null }) return;
        json.WriteNumber("sequence", outcome.Sequence);
        json.WriteString("profile_id", outcome.ProfileId);
        json.WriteString("into", outcome.Into);
        if (report is null) return;
        json.WritePropertyName("report");
        json.WriteRawValue(report);
    });

    public static ReadOnlyMemory<byte> Error(string code, string message, IEnumerable<string>? faults = null, string? requestId = null) => Write(json =>
    {
        WriteError(json, code, message, faults);
        if (requestId is not null) json.WriteString("request_id", requestId);
    });

    private static string Status(UnlinkOutcome? outcome, string? report) => (outcome, report) switch
    {
        (null, _) => "pending",
        ({ Refusal: not null }, _) => "refused",
        (_, null) => "recomputing",
        _ => "done",
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
