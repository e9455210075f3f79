"""A diagnosis as SARIF 2.1.0, for what shows findings beside the files they lie in: code hosts and editors.

It writes a single diagnosis and no report, so it is no format of the registry. The standard:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what a code host needs of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from incidentlab.reports._sarif.document import render

__all__ = ["render"]
