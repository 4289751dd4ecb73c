using Cdp.Hosting.Configuration;
using Cdp.Identifiers.Types;
using Microsoft.Extensions.Hosting;

namespace Cdp.Identifiers.Configuration;

/// <summary>Adds the identity configuration to a host.</summary>
public static class IdentityConfiguration
{
    /// <summary>The default of the option <c>IdentityConfig</c>, relative to the working directory.</summary>
    public const string DefaultFile = "config/identity.yaml";

    /// <summary>
    /// Reads the file at startup, where faults are configuration errors, and again whenever it changes. A file that the option names, or that existed at
    /// startup, must exist: without it the defaults would apply, and decisions would not follow the operator's rules.
    /// </summary>
    public static LiveFiles<IdentifierTypes> AddIdentifierTypes(this IHostApplicationBuilder builder, string file)
    {
        var isRequired = file != DefaultFile || File.Exists(file);
        return builder.AddLiveFiles("identity", [file], errors =>
        {
            if (isRequired && !File.Exists(file))
            {
                errors.Add(
                    $"IdentityConfig: the file {file} does not exist; create it, or unset IdentityConfig to use {DefaultFile} or the defaults");
            }
            return IdentityFile.Read(file, errors);
        });
    }
}
